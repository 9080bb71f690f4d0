//! What floats are computed with, so that every platform gives the same bits.

pub mod detmath;
pub mod fpenv;
pub mod sum;

/// Within 0 to white; NaN stays. `f32::clamp` would ask, at every pixel, whether white is above 0.
#[inline(always)]
pub fn within(value: f32, white: f32) -> f32 {
    let value = if value < 0.0 { 0.0 } else { value };
    if value > white { white } else { value }
}

/// Of 0 to 2^22; NaN stays. `f32::floor` is a call where no instruction is sure to be there.
#[inline(always)]
pub fn floor(value: f32) -> f32 {
    // Above 2^23 there are only whole numbers, so that the sum is rounded to the nearest.
    let nearest = (value + 8_388_608.0) - 8_388_608.0;
    if nearest > value { nearest - 1.0 } else { nearest }
}

/// The one NaN that computed float32 pixels hold; platforms differ in sign and payload.
#[inline(always)]
pub fn canonical(value: f32) -> f32 {
    if value.is_nan() { f32::from_bits(0x7fc0_0000) } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floor_rounds_down() {
        let below = |v: f32| f32::from_bits(v.to_bits() - 1);
        for whole in [0.0, 1.0, 2.0, 3.0, 15.0, 255.0, 256.0, 65535.0, 4_194_303.0] {
            assert_eq!([floor(whole), floor(whole + 0.5)], [whole; 2]);
            assert!(whole == 0.0 || floor(below(whole)) == whole - 1.0);
        }
        assert!(floor(f32::NAN).is_nan());
    }
}
