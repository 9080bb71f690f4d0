//! Runs the two ops of a pair, each by its own probability and at its own magnitude; the pair is one
//! of 25.
//!
//! The pairs are below: op, tenths of its probability, bin of 10, which is 0 for ops that have none.
//! What a magnitude is to each op, and what a child draws: policy.rs, with the space of RandAugment.
//! The children of pair i, from 0, have the names `ia.Op` and `ib.Op`.
//!
//! Draws: below(25), two words. Source: torchvision's op of this name and its policies, which are
//! those that Cubuk et al. found (CVPR 2019).

use serde::{Deserialize, Serialize};

use super::Container;
use super::policy::{Child, Look};
use super::rand_augment::SPACE;
use crate::bounds::{FillValue, List};
use crate::kernels::warp::Interpolation;
use crate::random::draws::Draws;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AutoAugment {
    pub policy: Policy,
    pub interpolation: Interpolation,
    pub fill: List<FillValue>,
}

/// The data set that the pairs were found for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    ImageNet,
    Cifar10,
    Svhn,
}

type Pairs = [[(&'static str, u32, u32); 2]; 25];

impl Policy {
    fn pairs(self) -> &'static Pairs {
        match self {
            Policy::ImageNet => &IMAGENET,
            Policy::Cifar10 => &CIFAR10,
            Policy::Svhn => &SVHN,
        }
    }
}

const BINS: u32 = 10;

impl Container for AutoAugment {
    const NAME: &'static str = "AutoAugment";

    fn children(&self) -> Option<Vec<Child>> {
        let look = Look { interpolation: self.interpolation, fill: &self.fill };
        let mut children = Vec::new();
        for (i, pair) in self.policy.pairs().iter().enumerate() {
            for ((name, tenths, bin), place) in pair.iter().zip(["a", "b"]) {
                let p = f64::from(*tenths) / 10.0;
                let mut child = SPACE.child(name, p, [*bin; 2], BINS, &look);
                child.node["name"] = format!("{i}{place}.{name}").into();
                children.push(child);
            }
        }
        Some(children)
    }

    fn order(&self, weights: &[f64], draws: &mut Draws) -> Vec<usize> {
        let pair = draws.below(weights.len() as u64 / 2) as usize;
        vec![2 * pair, 2 * pair + 1]
    }

    fn examples() -> Vec<Self> {
        let nearest = |policy| AutoAugment {
            policy,
            interpolation: Interpolation::Nearest,
            fill: List::new(vec![0.0]),
        };
        [Policy::ImageNet, Policy::Cifar10, Policy::Svhn].map(nearest).into()
    }
}

static IMAGENET: Pairs = [
    [("Posterize", 4, 8), ("Rotate", 6, 9)],
    [("Solarize", 6, 5), ("AutoContrast", 6, 0)],
    [("Equalize", 8, 0), ("Equalize", 6, 0)],
    [("Posterize", 6, 7), ("Posterize", 6, 6)],
    [("Equalize", 4, 0), ("Solarize", 2, 4)],
    [("Equalize", 4, 0), ("Rotate", 8, 8)],
    [("Solarize", 6, 3), ("Equalize", 6, 0)],
    [("Posterize", 8, 5), ("Equalize", 10, 0)],
    [("Rotate", 2, 3), ("Solarize", 6, 8)],
    [("Equalize", 6, 0), ("Posterize", 4, 6)],
    [("Rotate", 8, 8), ("Color", 4, 0)],
    [("Rotate", 4, 9), ("Equalize", 6, 0)],
    [("Equalize", 0, 0), ("Equalize", 8, 0)],
    [("InvertImg", 6, 0), ("Equalize", 10, 0)],
    [("Color", 6, 4), ("Contrast", 10, 8)],
    [("Rotate", 8, 8), ("Color", 10, 2)],
    [("Color", 8, 8), ("Solarize", 8, 7)],
    [("Sharpness", 4, 7), ("InvertImg", 6, 0)],
    [("ShearX", 6, 5), ("Equalize", 10, 0)],
    [("Color", 4, 0), ("Equalize", 6, 0)],
    [("Equalize", 4, 0), ("Solarize", 2, 4)],
    [("Solarize", 6, 5), ("AutoContrast", 6, 0)],
    [("InvertImg", 6, 0), ("Equalize", 10, 0)],
    [("Color", 6, 4), ("Contrast", 10, 8)],
    [("Equalize", 8, 0), ("Equalize", 6, 0)],
];

static CIFAR10: Pairs = [
    [("InvertImg", 1, 0), ("Contrast", 2, 6)],
    [("Rotate", 7, 2), ("TranslateX", 3, 9)],
    [("Sharpness", 8, 1), ("Sharpness", 9, 3)],
    [("ShearY", 5, 8), ("TranslateY", 7, 9)],
    [("AutoContrast", 5, 0), ("Equalize", 9, 0)],
    [("ShearY", 2, 7), ("Posterize", 3, 7)],
    [("Color", 4, 3), ("Brightness", 6, 7)],
    [("Sharpness", 3, 9), ("Brightness", 7, 9)],
    [("Equalize", 6, 0), ("Equalize", 5, 0)],
    [("Contrast", 6, 7), ("Sharpness", 6, 5)],
    [("Color", 7, 7), ("TranslateX", 5, 8)],
    [("Equalize", 3, 0), ("AutoContrast", 4, 0)],
    [("TranslateY", 4, 3), ("Sharpness", 2, 6)],
    [("Brightness", 9, 6), ("Color", 2, 8)],
    [("Solarize", 5, 2), ("InvertImg", 0, 0)],
    [("Equalize", 2, 0), ("AutoContrast", 6, 0)],
    [("Equalize", 2, 0), ("Equalize", 6, 0)],
    [("Color", 9, 9), ("Equalize", 6, 0)],
    [("AutoContrast", 8, 0), ("Solarize", 2, 8)],
    [("Brightness", 1, 3), ("Color", 7, 0)],
    [("Solarize", 4, 5), ("AutoContrast", 9, 0)],
    [("TranslateY", 9, 9), ("TranslateY", 7, 9)],
    [("AutoContrast", 9, 0), ("Solarize", 8, 3)],
    [("Equalize", 8, 0), ("InvertImg", 1, 0)],
    [("TranslateY", 7, 9), ("AutoContrast", 9, 0)],
];

static SVHN: Pairs = [
    [("ShearX", 9, 4), ("InvertImg", 2, 0)],
    [("ShearY", 9, 8), ("InvertImg", 7, 0)],
    [("Equalize", 6, 0), ("Solarize", 6, 6)],
    [("InvertImg", 9, 0), ("Equalize", 6, 0)],
    [("Equalize", 6, 0), ("Rotate", 9, 3)],
    [("ShearX", 9, 4), ("AutoContrast", 8, 0)],
    [("ShearY", 9, 8), ("InvertImg", 4, 0)],
    [("ShearY", 9, 5), ("Solarize", 2, 6)],
    [("InvertImg", 9, 0), ("AutoContrast", 8, 0)],
    [("Equalize", 6, 0), ("Rotate", 9, 3)],
    [("ShearX", 9, 4), ("Solarize", 3, 3)],
    [("ShearY", 8, 8), ("InvertImg", 7, 0)],
    [("Equalize", 9, 0), ("TranslateY", 6, 6)],
    [("InvertImg", 9, 0), ("Equalize", 6, 0)],
    [("Contrast", 3, 3), ("Rotate", 8, 4)],
    [("InvertImg", 8, 0), ("TranslateY", 0, 2)],
    [("ShearY", 7, 6), ("Solarize", 4, 8)],
    [("InvertImg", 6, 0), ("Rotate", 8, 4)],
    [("ShearY", 3, 7), ("TranslateX", 9, 3)],
    [("ShearX", 1, 6), ("InvertImg", 6, 0)],
    [("Solarize", 7, 2), ("TranslateY", 6, 7)],
    [("ShearY", 8, 4), ("InvertImg", 8, 0)],
    [("ShearX", 7, 9), ("TranslateY", 8, 3)],
    [("ShearY", 8, 5), ("AutoContrast", 7, 0)],
    [("ShearX", 7, 2), ("InvertImg", 1, 0)],
];
