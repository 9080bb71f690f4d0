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

    /// As messages show it.
    fn shown(self) -> String {
        self.to_string()
    }

    /// As messages show it where it is a bound.
    fn bound(self) -> String {
        self.shown()
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

    fn shown(self) -> String {
        float(self, 1e-5..1e16)
    }

    fn bound(self) -> String {
        float(self, 1e-4..1e6)
    }

    fn draw(ends: [f64; 2], draws: &mut Draws) -> f64 {
        draws.range(ends)
    }
}

/// With an exponent, unless its size is one of these.
fn float(number: f64, plain: std::ops::Range<f64>) -> String {
    let is_plain = number == 0.0 || plain.contains(&number.abs()) || !number.is_finite();
    if is_plain { number.to_string() } else { format!("{number:e}") }
}

/// Numbers as messages show them.
pub fn shown<T: Number>(numbers: &[T]) -> String {
    let shown: Vec<_> = numbers.iter().map(|number| number.shown()).collect();
    format!("({})", shown.join(", "))
}

macro_rules! integers {
    ($($type:ty),*) => {$(
        impl Number for $type {
            const WORDS: [&'static str; 2] = ["an integer", "integers"];
            const TYPE: &'static str = "integer";

            fn bound(self) -> String {
                let next = i128::from(self as i64).unsigned_abs() + 1;
                if next <= 1 << 16 || !next.is_power_of_two() {
                    return self.to_string();
                }
                let most = format!("2^{}-1", next.ilog2());
                if self as i64 > 0 { most } else { format!("-({most})") }
            }

            fn draw(ends: [$type; 2], draws: &mut Draws) -> $type {
                draws.integer(ends.map(|end| end as i64)) as $type
            }
        }
    )*};
}
integers!(u32, usize, i64);

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
    Shift: f64 = -1.0..=1.0, "parts of white", shifts;
    /// Of an image's side or area.
    Fraction: f64 = 0.0..=1.0, "parts of the image";
    /// The same, but for nothing at all.
    SomeFraction: f64 = 1e-9..=1.0, "parts of the image";
    /// One side of a rectangle divided by the other.
    Ratio: f64 = 1e-9..=1e9;
    /// As a side of an image may have them.
    Pixels: usize = 1..=(1 << 31) - 1, "pixels";
    /// Within and around an image, along an axis.
    Coordinate: i64 = -((1 << 31) - 1)..=(1 << 31) - 1, "pixels";
    /// In the image's units. Larger ones would become infinite where float32 interpolates.
    FillValue: f64 = -1e30..=1e30;
    /// All that a document can hold.
    Finite: f64 = ..;
}

/// What parts of white are levels of 8 bits.
pub fn levels(given: &[f64]) -> Option<String> {
    let levels = given.iter().all(|&level| level >= 0.0);
    if levels { shifts(given) } else { None }
}

/// The same of levels that may be taken away.
pub fn shifts(given: &[f64]) -> Option<String> {
    if !given.is_sorted() || !given.iter().all(|level| level.abs() <= 255.0) {
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
        let given = Value::deserialize(from)?;
        let raw = T::Raw::deserialize(&given);
        let raw = raw.map_err(|_| Refused { value: text(&given), hint: None });
        raw.and_then(T::check).map_err(|Refused { value, hint }| {
            let allowed = T::words() + &hint.map(|hint| format!("; {hint}")).unwrap_or_default();
            D::Error::invalid_value(Unexpected::Other(&value), &allowed.as_str())
        })
    }
}

/// Plain data, with ranges as they are given.
fn text(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            format!("({})", items.iter().map(text).collect::<Vec<_>>().join(", "))
        }
        _ => value.to_string(),
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

/// A range for all channels, or one for each.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranges<B: Bounds>(Vec<Range<B>>);

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

/// Of what is filled, black.
impl Default for List<FillValue> {
    fn default() -> Self {
        List(vec![0.0])
    }
}

impl<B: Bounds> Ranges<B> {
    pub fn new(ranges: Vec<Range<B>>) -> Self {
        assert!(!ranges.is_empty());
        Ranges(ranges)
    }
}

impl<B: Bounds> std::ops::Deref for Ranges<B> {
    type Target = [Range<B>];

    fn deref(&self) -> &[Range<B>] {
        &self.0
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
        Err(Refused { value: number.shown(), hint: B::hint(&[number]) })
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
        Err(Refused { value: shown(&[lo, hi]), hint: B::hint(&[lo, hi]) })
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
        Err(Refused { value: shown(&numbers), hint: B::hint(&numbers) })
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

impl<B: Bounds> Checked for Ranges<B> {
    type Raw = Vec<[B::Number; 2]>;

    fn check(ranges: Vec<[B::Number; 2]>) -> Result<Self, Refused> {
        if ranges.is_empty() {
            return Err(Refused { value: "()".into(), hint: None });
        }
        ranges.into_iter().map(Range::check).collect::<Result<_, _>>().map(Ranges)
    }

    fn words() -> String {
        Range::<B>::words() + ", or such for each channel"
    }

    fn schema() -> Value {
        json!({"type": "array", "items": pair_schema::<B>(), "minItems": 1})
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
transparent!(Within, Range, Pair, List, Ranges, Loose);

#[cfg(test)]
mod tests {
    use std::ops::Bound::{Excluded, Unbounded};

    use super::*;
    use crate::error::Error;
    use crate::schema;

    bounds! {
        Angle: f64 = (Excluded(-90.0), Excluded(90.0)), "degrees";
        Width: f64 = (Excluded(0.0), Unbounded);
        Area: f64 = 0.0..;
        Window: Odd = Odd(3)..=Odd(255);
        Bits: u32 = 1..=8;
    }

    fn said<T: DeserializeOwned>(value: Value) -> String {
        #[derive(Debug, serde::Deserialize)]
        struct Fields<T> {
            #[allow(dead_code)]
            field: T,
        }
        let read: Result<Fields<T>, _> = Error::reading("Op", json!({"field": value}));
        read.err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn what_is_refused_says_the_field_the_value_and_what_is_allowed() {
        assert_eq!(
            said::<Within<Fraction>>(json!(1.5)),
            "Op: field=1.5: a number within 0 to 1, parts of the image"
        );
        assert_eq!(
            said::<[Range<Angle>; 2]>(json!([[0, 1], [-90, 0]])),
            "Op: field=(-90, 0): two numbers lo <= hi above -90 and below 90, degrees"
        );
        assert_eq!(said::<Within<Area>>(json!(-1)), "Op: field=-1: a finite number at least 0");
        assert_eq!(
            said::<Range<Width>>(json!([2, 1])),
            "Op: field=(2, 1): two finite numbers lo <= hi above 0"
        );
        assert_eq!(
            said::<Range<Window>>(json!([3, 4])),
            "Op: field=(3, 4): two odd sizes lo <= hi within 3 to 255"
        );
        assert_eq!(
            said::<List<Bits>>(json!([])),
            "Op: field=[]: one or more integers within 1 to 8"
        );
        assert_eq!(
            said::<Pair<Pixels>>(json!([0, 5])),
            "Op: field=(0, 5): two integers within 1 to 2^31-1, pixels"
        );
        assert_eq!(
            said::<Range<Part>>(json!([16, 64])),
            "Op: field=(16, 64): two numbers lo <= hi within 0 to 1, parts of white; levels are \
             parts of their white: (16/255, 64/255)"
        );
        assert_eq!(
            said::<Within<Coordinate>>(json!(-(1_i64 << 31))),
            "Op: field=-2147483648: an integer within -(2^31-1) to 2^31-1, pixels"
        );
        assert_eq!(
            said::<Range<Part>>(json!([0, 1e308])),
            "Op: field=(0, 1e308): two numbers lo <= hi within 0 to 1, parts of white"
        );
        // So is what is of another kind.
        assert_eq!(
            said::<Range<Area>>(json!([0, "x"])),
            "Op: field=(0, \"x\"): two finite numbers lo <= hi at least 0"
        );
        assert_eq!(
            said::<Within<Pixels>>(json!(-1)),
            "Op: field=-1: an integer within 1 to 2^31-1, pixels"
        );
        assert_eq!(said::<Within<Bits>>(json!(null)), "Op: field=null: an integer within 1 to 8");
        assert_eq!(said::<u32>(json!(-1)), "Op: field=-1: an integer within 0 to 2^32-1");
        assert_eq!(
            said::<Vec<[f64; 2]>>(json!([[1, 2], [1, "x"]])),
            "Op: field[1][1]=\"x\": a number"
        );
        assert_eq!(said::<[bool; 2]>(json!([true])), "Op: field=[true]: a list of 2");
        assert_eq!(said::<Vec<bool>>(json!({})), "Op: field={}: a list");
    }

    #[test]
    fn bounds_hold_to_the_last_value() {
        assert_eq!(said::<Range<Part>>(json!([0.0, 1.0])), "");
        assert_eq!(said::<Within<Angle>>(json!(90.0_f64.next_down())), "");
        assert_eq!(said::<Within<Bits>>(json!(8)), "");
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(!Finite::hold(number) && !Part::hold(number) && !Width::hold(number));
            assert!(Range::<Finite>::check([0.0, number]).is_err());
        }
    }

    #[test]
    fn the_schema_is_that_of_what_is_read() {
        #[derive(serde::Deserialize)]
        #[allow(dead_code)]
        struct Op {
            window: Range<Window>,
            angles: [Within<Angle>; 3],
            area: Option<Within<Area>>,
            fill: List<Bits>,
            plain: Vec<f64>,
            flag: bool,
        }
        let side = json!({"type": "integer", "minimum": 3, "maximum": 255,
            "not": {"multipleOf": 2}});
        let angle = json!({"type": "number", "exclusiveMinimum": -90.0, "exclusiveMaximum": 90.0,
            "unit": "degrees"});
        let bits = json!({"type": "integer", "minimum": 1, "maximum": 8});
        let expected = json!({
            "window": {"type": "array", "items": side, "minItems": 2, "maxItems": 2},
            "angles": {"type": "array", "items": angle, "minItems": 3, "maxItems": 3},
            "area": {"anyOf": [{"type": "number", "minimum": 0.0}, {"type": "null"}]},
            "fill": {"type": "array", "items": bits, "minItems": 1},
            "plain": {"type": "array", "items": {"type": "number"}},
            "flag": {"type": "boolean"},
        });
        assert_eq!(json!(schema::fields::<Op>()), expected);
    }
}
