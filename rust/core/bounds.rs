//! Numbers and ranges whose type names their bounds. They are checked when they are read, be they
//! fields of a document or parameters that somebody has edited, so that no op need.
//!
//! Reading names the value and what is allowed ([`crate::Error::reading`] adds op and field); the
//! JSON Schema of documents is made of the same types ([`crate::schema`]).

use std::fmt::{self, Debug, Display};
use std::marker::PhantomData;
use std::ops::{Bound, RangeBounds};

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error, Unexpected, Visitor};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::random::draws::Draws;

/// What a field or a parameter may hold.
pub trait Number:
    Copy + PartialOrd + Display + Debug + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// One of them and several, as messages say it.
    const WORDS: [&'static str; 2];
    /// What JSON Schema calls it.
    const TYPE: &'static str;

    /// Whether it is one of them at all, whatever its bounds.
    fn is_one(self) -> bool {
        true
    }

    /// What a schema says beside type and bounds.
    fn extend(_schema: &mut Value) {}

    /// As messages show it where it is a bound.
    fn bound(self) -> String {
        self.to_string()
    }

    /// One from the first to the second. One word; two of integers.
    fn draw(ends: [Self; 2], draws: &mut Draws) -> Self;
}

impl Number for f64 {
    const WORDS: [&'static str; 2] = ["a number", "numbers"];
    const TYPE: &'static str = "number";

    fn is_one(self) -> bool {
        self.is_finite()
    }

    fn bound(self) -> String {
        if self == 0.0 || (1e-4..1e6).contains(&self.abs()) {
            self.to_string()
        } else {
            format!("{self:e}")
        }
    }

    fn draw(ends: [f64; 2], draws: &mut Draws) -> f64 {
        draws.range(ends)
    }
}

macro_rules! integers {
    ($($type:ty),*) => {$(
        impl Number for $type {
            const WORDS: [&'static str; 2] = ["an integer", "integers"];
            const TYPE: &'static str = "integer";

            fn bound(self) -> String {
                let next = self as u64 + 1;
                if next > 1 << 16 && next.is_power_of_two() {
                    format!("2^{}-1", next.ilog2())
                } else {
                    self.to_string()
                }
            }

            fn draw(ends: [$type; 2], draws: &mut Draws) -> $type {
                draws.integer(ends.map(|end| end as i64)) as $type
            }
        }
    )*};
}
integers!(u32, usize);

/// The side of something that has a middle.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, serde::Serialize, serde::Deserialize)]
pub struct Odd(pub u32);

impl Display for Odd {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        Display::fmt(&self.0, f)
    }
}

impl Number for Odd {
    const WORDS: [&'static str; 2] = ["an odd size", "odd sizes"];
    const TYPE: &'static str = "integer";

    fn is_one(self) -> bool {
        self.0 % 2 == 1
    }

    fn extend(schema: &mut Value) {
        schema["not"] = json!({"multipleOf": 2});
    }

    fn draw([Odd(lo), Odd(hi)]: [Odd; 2], draws: &mut Draws) -> Odd {
        Odd(lo + 2 * draws.below(u64::from((hi - lo) / 2 + 1)) as u32)
    }
}

pub type Ends<T> = (Bound<T>, Bound<T>);

/// What a number may be: [`bounds!`] makes types that say it.
pub trait Bounds: Debug + Copy + PartialEq + Send + Sync + 'static {
    type Number: Number;
    /// What it counts, as in "3 pixels".
    const UNIT: &'static str = "";

    fn ends() -> Ends<Self::Number>;

    /// What else to say about numbers that are not allowed.
    fn hint(_given: &[Self::Number]) -> Option<String> {
        None
    }

    fn hold(number: Self::Number) -> bool {
        number.is_one() && Self::ends().contains(&number)
    }
}

/// Types that name bounds: `Name: number = ends, "unit", hint;`, the latter two if there are such.
macro_rules! bounds {
    ($(
        $(#[$doc:meta])*
        $name:ident: $number:ty = $ends:expr $(, $unit:literal $(, $hint:path)?)?;
    )*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub enum $name {}

        impl $crate::bounds::Bounds for $name {
            type Number = $number;
            $(const UNIT: &'static str = $unit;)?

            fn ends() -> $crate::bounds::Ends<$number> {
                $crate::bounds::ends($ends)
            }

            $($(
                fn hint(given: &[$number]) -> Option<String> {
                    $hint(given)
                }
            )?)?
        }
    )*};
}
pub(crate) use bounds;

pub fn ends<T: Copy>(range: impl RangeBounds<T>) -> Ends<T> {
    (range.start_bound().cloned(), range.end_bound().cloned())
}

bounds! {
    /// Of the image's value of white.
    Part: f64 = 0.0..=1.0, "parts of white", levels;
    /// The same, up or down.
    Shift: f64 = -1.0..=1.0, "parts of white", levels;
    /// Of an image's side or area.
    Fraction: f64 = 0.0..=1.0, "parts of the image's";
    /// The same, but for nothing at all.
    SomeFraction: f64 = 1e-9..=1.0, "parts of the image's";
    /// One side of a rectangle divided by the other.
    Ratio: f64 = 1e-9..=1e9;
    /// As a side of an image may have them.
    Pixels: usize = 1..=(1 << 31) - 1, "pixels";
    /// In the image's units. Larger ones would become infinite where float32 interpolates.
    FillValue: f64 = -1e30..=1e30;
    /// All that a document can hold.
    Finite: f64 = ..;
}

/// What parts of white are levels of 8 bits.
pub fn levels(given: &[f64]) -> Option<String> {
    if !given.is_sorted() || !given.iter().all(|level| (0.0..=255.0).contains(level)) {
        return None;
    }
    Some(match given {
        [level] => format!("a level is a part of its white: {level}/255"),
        _ => {
            let parts: Vec<_> = given.iter().map(|level| format!("{level}/255")).collect();
            format!("levels are parts of their white: ({})", parts.join(", "))
        }
    })
}

/// A type that is checked when it is read.
pub trait Checked: Sized {
    type Raw: DeserializeOwned;

    fn check(raw: Self::Raw) -> Result<Self, Refused>;
    /// What is allowed.
    fn words() -> String;
    fn schema() -> Value;
}

/// A value that is not allowed, as messages show it, and what else there is to say about it.
pub struct Refused {
    pub value: String,
    pub hint: Option<String>,
}

/// The name by which [`crate::schema`] knows a type of this kind.
pub const CHECKED: &str = "checked";

/// Reads what implements [`Checked`].
pub fn read<'de, T: Checked, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    from.deserialize_newtype_struct(CHECKED, Reader(PhantomData))
}

struct Reader<T>(PhantomData<T>);

impl<'de, T: Checked> Visitor<'de> for Reader<T> {
    type Value = T;

    /// In words, or in its alternate form (`{:#}`) as a JSON Schema.
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if f.alternate() { write!(f, "{}", T::schema()) } else { f.write_str(&T::words()) }
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, from: D) -> Result<T, D::Error> {
        T::check(T::Raw::deserialize(from)?).map_err(|Refused { value, hint }| {
            let allowed = T::words() + &hint.map(|hint| format!("; {hint}")).unwrap_or_default();
            D::Error::invalid_value(Unexpected::Other(&value), &allowed.as_str())
        })
    }
}

/// A number within bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Within<B: Bounds>(B::Number);

/// Two numbers lo <= hi within bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range<B: Bounds>([B::Number; 2]);

/// Two numbers within bounds, each on its own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair<B: Bounds>([B::Number; 2]);

/// One or more numbers within bounds.
#[derive(Debug, Clone, PartialEq)]
pub struct List<B: Bounds>(Vec<B::Number>);

/// A list that its op checks, as what there is to say of it depends on other fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Loose<B: Bounds>(pub Vec<B::Number>);

impl<B: Bounds> Within<B> {
    pub fn new(number: B::Number) -> Self {
        assert!(B::hold(number), "{number}");
        Within(number)
    }

    pub fn get(self) -> B::Number {
        self.0
    }
}

impl<B: Bounds> Range<B> {
    pub fn new([lo, hi]: [B::Number; 2]) -> Self {
        assert!(lo <= hi && B::hold(lo) && B::hold(hi), "({lo}, {hi})");
        Range([lo, hi])
    }

    pub fn ends(self) -> [B::Number; 2] {
        self.0
    }

    pub fn draw(self, draws: &mut Draws) -> Within<B> {
        Within::new(B::Number::draw(self.0, draws))
    }
}

impl<B: Bounds<Number = f64>> Range<B> {
    /// Uniform in the logarithm.
    pub fn draw_log(self, draws: &mut Draws) -> Within<B> {
        Within::new(draws.log_range(self.0))
    }
}

impl<B: Bounds> Pair<B> {
    pub fn new(numbers: [B::Number; 2]) -> Self {
        assert!(numbers.into_iter().all(B::hold), "{numbers:?}");
        Pair(numbers)
    }

    pub fn get(self) -> [B::Number; 2] {
        self.0
    }
}

impl<B: Bounds> List<B> {
    pub fn new(numbers: Vec<B::Number>) -> Self {
        assert!(!numbers.is_empty() && numbers.iter().copied().all(B::hold), "{numbers:?}");
        List(numbers)
    }
}

impl<B: Bounds> std::ops::Deref for List<B> {
    type Target = [B::Number];

    fn deref(&self) -> &[B::Number] {
        &self.0
    }
}

/// What the ends allow, and the unit.
fn span<B: Bounds>() -> String {
    let said = match B::ends() {
        (Bound::Included(least), Bound::Included(most)) => {
            format!(" within {} to {}", least.bound(), most.bound())
        }
        (start, end) => {
            let least = match start {
                Bound::Included(least) => format!(" at least {}", least.bound()),
                Bound::Excluded(least) => format!(" above {}", least.bound()),
                Bound::Unbounded => String::new(),
            };
            let most = match end {
                Bound::Included(most) => format!(" at most {}", most.bound()),
                Bound::Excluded(most) => format!(" below {}", most.bound()),
                Bound::Unbounded => String::new(),
            };
            let and = if least.is_empty() || most.is_empty() { "" } else { " and" };
            least + and + &most
        }
    };
    if B::UNIT.is_empty() { said } else { said + ", " + B::UNIT }
}

/// "a number" or "numbers": finite ones, where no bounds say so.
fn words<B: Bounds>(several: bool) -> String {
    let word = B::Number::WORDS[usize::from(several)];
    match B::ends() {
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => word.replace("number", "finite number"),
        _ => word.into(),
    }
}

/// Of one number.
fn number_schema<B: Bounds>() -> Value {
    let mut schema = json!({"type": B::Number::TYPE});
    let (start, end) = B::ends();
    match start {
        Bound::Included(least) => schema["minimum"] = json!(least),
        Bound::Excluded(least) => schema["exclusiveMinimum"] = json!(least),
        Bound::Unbounded => {}
    }
    match end {
        Bound::Included(most) => schema["maximum"] = json!(most),
        Bound::Excluded(most) => schema["exclusiveMaximum"] = json!(most),
        Bound::Unbounded => {}
    }
    if !B::UNIT.is_empty() {
        schema["unit"] = json!(B::UNIT);
    }
    B::Number::extend(&mut schema);
    schema
}

/// Of two numbers.
fn pair_schema<B: Bounds>() -> Value {
    json!({"type": "array", "items": number_schema::<B>(), "minItems": 2, "maxItems": 2})
}

impl<B: Bounds> Checked for Within<B> {
    type Raw = B::Number;

    fn check(number: B::Number) -> Result<Self, Refused> {
        if B::hold(number) {
            return Ok(Within(number));
        }
        Err(Refused { value: number.to_string(), hint: B::hint(&[number]) })
    }

    fn words() -> String {
        words::<B>(false) + &span::<B>()
    }

    fn schema() -> Value {
        number_schema::<B>()
    }
}

impl<B: Bounds> Checked for Range<B> {
    type Raw = [B::Number; 2];

    fn check([lo, hi]: [B::Number; 2]) -> Result<Self, Refused> {
        if lo <= hi && B::hold(lo) && B::hold(hi) {
            return Ok(Range([lo, hi]));
        }
        Err(Refused { value: format!("({lo}, {hi})"), hint: B::hint(&[lo, hi]) })
    }

    fn words() -> String {
        format!("two {} lo <= hi{}", words::<B>(true), span::<B>())
    }

    fn schema() -> Value {
        pair_schema::<B>()
    }
}

impl<B: Bounds> Checked for Pair<B> {
    type Raw = [B::Number; 2];

    fn check(numbers: [B::Number; 2]) -> Result<Self, Refused> {
        if numbers.into_iter().all(B::hold) {
            return Ok(Pair(numbers));
        }
        let [first, second] = numbers;
        Err(Refused { value: format!("({first}, {second})"), hint: B::hint(&numbers) })
    }

    fn words() -> String {
        format!("two {}{}", words::<B>(true), span::<B>())
    }

    fn schema() -> Value {
        pair_schema::<B>()
    }
}

impl<B: Bounds> Checked for List<B> {
    type Raw = Vec<B::Number>;

    fn check(numbers: Vec<B::Number>) -> Result<Self, Refused> {
        if !numbers.is_empty() && numbers.iter().copied().all(B::hold) {
            return Ok(List(numbers));
        }
        Err(Refused { value: format!("{numbers:?}"), hint: B::hint(&numbers) })
    }

    fn words() -> String {
        format!("one or more {}{}", words::<B>(true), span::<B>())
    }

    fn schema() -> Value {
        json!({"type": "array", "items": number_schema::<B>(), "minItems": 1})
    }
}

impl<B: Bounds> Checked for Loose<B> {
    type Raw = Vec<B::Number>;

    fn check(numbers: Vec<B::Number>) -> Result<Self, Refused> {
        Ok(Loose(numbers))
    }

    fn words() -> String {
        List::<B>::words()
    }

    fn schema() -> Value {
        List::<B>::schema()
    }
}

macro_rules! transparent {
    ($($type:ident),*) => {$(
        impl<'de, B: Bounds> Deserialize<'de> for $type<B> {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                read(from)
            }
        }

        impl<B: Bounds> Serialize for $type<B> {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(to)
            }
        }
    )*};
}
transparent!(Within, Range, Pair, List, Loose);
