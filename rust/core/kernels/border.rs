//! What lies beyond an image's edge.

use serde::{Deserialize, Serialize};

/// The names are torchvision's and NumPy's; `reflect101` is what both of them call reflect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Border {
    /// A fill value.
    #[default]
    Constant,
    /// aaa|abcd|ddd
    Edge,
    /// cba|abcd|dcb
    Reflect,
    /// dcb|abcd|cba
    Reflect101,
    /// bcd|abcd|abc
    Wrap,
}

impl Border {
    /// `resolve` for i from 1 - n to 2n - 2 in plain arithmetic; -1 where the fill value stands.
    #[inline(always)]
    pub fn near(self, i: i32, n: i32) -> i32 {
        let mirrored = |i: i32, last: i32| i.min(last - i);
        match self {
            Border::Constant => {
                if (0..n).contains(&i) {
                    i
                } else {
                    -1
                }
            }
            Border::Edge => i.clamp(0, n - 1),
            Border::Reflect => mirrored(i ^ (i >> 31), 2 * n - 1),
            Border::Reflect101 => mirrored(i.abs(), 2 * n - 2),
            Border::Wrap => i + if i < 0 { n } else { 0 } - if i < n { 0 } else { n },
        }
    }

    /// The position within 0..n that stands for `i`; None where the fill value does.
    #[inline(always)]
    pub fn resolve(self, i: i64, n: i64) -> Option<i64> {
        if (0..n).contains(&i) {
            return Some(i);
        }
        // Within one period there is no need to divide.
        let last = n - 1;
        let near = match self {
            Border::Constant => return None,
            Border::Edge => return Some(i.clamp(0, last)),
            Border::Wrap => i + if i < 0 { n } else { -n },
            Border::Reflect if i < 0 => -1 - i,
            Border::Reflect => 2 * n - 1 - i,
            Border::Reflect101 => last - (last - i.abs()).abs(),
        };
        if (0..n).contains(&near) {
            return Some(near);
        }
        Some(match self {
            Border::Wrap => i.rem_euclid(n),
            Border::Reflect => {
                let m = i.rem_euclid(2 * n);
                m.min(2 * n - 1 - m)
            }
            _ if n == 1 => 0,
            _ => {
                let m = i.rem_euclid(2 * n - 2);
                m.min(2 * n - 2 - m)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_border_reads_as_its_picture() {
        let read = |border: Border| -> String {
            (-5..9)
                .map(|i| border.resolve(i, 4).map_or('.', |at| b"abcd"[at as usize] as char))
                .collect()
        };
        assert_eq!(read(Border::Constant), ".....abcd.....");
        assert_eq!(read(Border::Edge), "aaaaaabcdddddd");
        assert_eq!(read(Border::Reflect), "ddcbaabcddcbaa");
        assert_eq!(read(Border::Reflect101), "bcdcbabcdcbabc");
        assert_eq!(read(Border::Wrap), "dabcdabcdabcda");
        assert!((-3..4).all(|i| Border::Reflect101.resolve(i, 1) == Some(0)));
    }

    #[test]
    fn near_is_resolve_within_a_period() {
        use Border::*;
        for border in [Constant, Edge, Reflect, Reflect101, Wrap] {
            for n in 1..7 {
                for i in 1 - n..2 * n - 1 {
                    let want = border.resolve(i.into(), n.into()).unwrap_or(-1);
                    assert_eq!(i64::from(border.near(i, n)), want, "{border:?} {i} {n}");
                }
            }
        }
    }
}
