//! The parameter draws of one op at one sample: word j is output `j mod 4` of block `j div 4` of
//! its parameter key. Word 0 is the op's `p` decision, drawn or not; an op's own draws follow in
//! the order its file states, each with a fixed number of words whatever its range.

use crate::maths::detmath;
use crate::random::normal::{Z_BITS, deviate};
use crate::random::philox::{Field, halves, philox};

#[derive(Debug, Clone)]
pub struct Draws {
    field: Field,
    next: u32,
    /// The block that was made last, and its number.
    block: [u32; 4],
    number: Option<u32>,
    drawn: bool,
}

impl Draws {
    /// The words of `field.key` from word 0 on.
    pub fn new(field: Field) -> Self {
        Draws { field, next: 0, block: [0; 4], number: None, drawn: false }
    }

    /// Whether another address could have given other values so far: a range of a single value,
    /// say, and what is certain or impossible, give none.
    pub fn drawn(&self) -> bool {
        self.drawn
    }

    /// What `draw` draws, which decides nothing about the output unless it `matters`.
    pub fn mattering<T>(&mut self, matters: bool, draw: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.drawn;
        let value = draw(self);
        self.drawn = before || matters && self.drawn;
        value
    }

    /// The next word.
    pub fn word(&mut self) -> u32 {
        self.take(true)
    }

    /// The next word, of which `varies` says whether the value made of it does.
    fn take(&mut self, varies: bool) -> u32 {
        self.drawn |= varies;
        let number = self.next / 4;
        if self.number != Some(number) {
            let [low, high] = halves(self.field.index);
            let counter = [number, self.field.epoch, low, high];
            self.block = philox(counter, halves(self.field.key));
            self.number = Some(number);
        }
        let word = self.block[(self.next % 4) as usize];
        self.next += 1;
        word
    }

    /// Leaves out words that this sample has no use for.
    pub fn skip(&mut self, words: u32) {
        self.next += words;
    }

    /// Uniform in (0, 1): `(word + 0.5) * 2^-32`. One word.
    pub fn unit(&mut self) -> f64 {
        self.portion(true)
    }

    fn portion(&mut self, varies: bool) -> f64 {
        (f64::from(self.take(varies)) + 0.5) * (1.0 / 4_294_967_296.0)
    }

    /// Uniform in [lo, hi]: `lo + (hi - lo) * u`. One word.
    pub fn range(&mut self, [lo, hi]: [f64; 2]) -> f64 {
        lo + (hi - lo) * self.portion(lo != hi)
    }

    /// Uniform in the logarithm: `exp(ln lo + (ln hi - ln lo) * u)`, kept in [lo, hi]. One word.
    pub fn log_range(&mut self, [lo, hi]: [f64; 2]) -> f64 {
        let (a, b) = (detmath::ln(lo), detmath::ln(hi));
        let v = detmath::exp(a + (b - a) * self.portion(lo != hi));
        if v < lo {
            lo
        } else if v > hi {
            hi
        } else {
            v
        }
    }

    /// Uniform integer in 0..n, n > 0: the high 64 bits of a 64-bit draw times n. Two words, low
    /// first.
    pub fn below(&mut self, n: u64) -> u64 {
        let low = u64::from(self.take(n > 1));
        let word = low | u64::from(self.take(n > 1)) << 32;
        ((u128::from(word) * u128::from(n)) >> 64) as u64
    }

    /// Uniform integer in lo..=hi. Two words.
    pub fn integer(&mut self, [lo, hi]: [i64; 2]) -> i64 {
        lo + self.below((hi - lo) as u64 + 1) as i64
    }

    /// True with probability p: `word < p * 2^32`. One word.
    pub fn bernoulli(&mut self, p: f64) -> bool {
        f64::from(self.take(0.0 < p && p < 1.0)) < p * 4_294_967_296.0
    }

    /// A normal deviate: that of the low half of a word, with a second for its tail. Two words.
    pub fn normal(&mut self) -> f64 {
        let (word, tail) = (self.word(), self.word());
        f64::from(deviate(word as u16, || tail)) * (1.0 / f64::from(1 << Z_BITS))
    }

    /// A uniform permutation of 0..n, Fisher-Yates from the end: for i = n-1 down to 1 swap i
    /// with `below(i + 1)`. 2 (n - 1) words.
    pub fn permutation<const N: usize>(&mut self) -> [usize; N] {
        let mut order = std::array::from_fn(|i| i);
        self.shuffle(&mut order);
        order
    }

    /// The same of any entries.
    pub fn shuffle(&mut self, order: &mut [usize]) {
        for i in (1..order.len()).rev() {
            order.swap(i, self.below(i as u64 + 1) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(index: u64) -> Draws {
        Draws::new(Field { key: 9, epoch: 1, index })
    }

    #[test]
    fn words_run_through_the_blocks() {
        let mut d = draws(3);
        let words: Vec<u32> = (0..6).map(|_| d.word()).collect();
        let block = |b| philox([b, 1, 3, 0], [9, 0]);
        assert_eq!(words[..4], block(0));
        assert_eq!(words[4..], block(1)[..2]);
        d.skip(5);
        assert_eq!(d.word(), block(2)[3]);
        d.skip(8);
        assert_eq!(d.word(), block(5)[0]);
    }

    #[test]
    fn what_is_certain_is_not_drawn() {
        let mut d = draws(2);
        d.bernoulli(0.0);
        d.bernoulli(1.0);
        d.range([0.3, 0.3]);
        d.log_range([0.7, 0.7]);
        d.integer([-4, -4]);
        d.below(1);
        d.permutation::<1>();
        d.skip(3);
        assert!(!d.drawn());
        d.mattering(false, |d| d.below(9));
        assert!(!d.drawn());
        let varying: [fn(&mut Draws); 6] = [
            |d| _ = d.bernoulli(0.999),
            |d| _ = d.range([0.3, 0.4]),
            |d| _ = d.log_range([0.7, 0.8]),
            |d| _ = d.integer([-4, -3]),
            |d| _ = d.below(2),
            |d| _ = d.permutation::<2>(),
        ];
        for draw in varying {
            let mut d = draws(2);
            draw(&mut d);
            d.bernoulli(1.0);
            assert!(d.drawn());
        }
    }

    #[test]
    fn certain_and_impossible() {
        for i in 0..1000 {
            assert!(draws(i).bernoulli(1.0));
            assert!(!draws(i).bernoulli(0.0));
        }
    }

    #[test]
    fn below_is_uniform_and_permutations_cover() {
        let mut counts = [0; 5];
        let mut orders = std::collections::HashMap::new();
        for i in 0..24_000 {
            let mut d = draws(i);
            counts[d.below(5) as usize] += 1;
            *orders.entry(d.permutation::<4>()).or_insert(0) += 1;
        }
        assert!(counts.iter().all(|c| (4500..5100).contains(c)), "{counts:?}");
        assert_eq!(orders.len(), 24);
        assert!(orders.values().all(|c| (860..1150).contains(c)), "{orders:?}");
    }

    #[test]
    fn a_single_value_range_is_that_value() {
        assert_eq!(draws(1).range([0.3, 0.3]), 0.3);
        assert_eq!(draws(1).integer([-4, -4]), -4);
        assert_eq!(draws(1).log_range([0.7, 0.7]), 0.7);
    }
}
