//! The SIMD levels of this machine. Every level gives the same bytes; `BITAUG_SIMD` caps the one
//! that is used, so that this can be checked.

use std::sync::OnceLock;

pub use fearless_simd::Level;

use crate::error::{Error, Result};

/// The levels that this machine runs, from scalar up.
pub fn available() -> Vec<Level> {
    let best = Level::new();
    let mut levels = vec![Level::fallback()];
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    {
        levels.extend(best.as_sse2().map(Level::Sse2));
        levels.extend(best.as_sse4_2().map(Level::Sse4_2));
        levels.extend(best.as_avx2().map(Level::Avx2));
        levels.extend(best.as_avx512().map(Level::Avx512));
    }
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
    if !best.is_fallback() {
        levels.push(best);
    }
    levels
}

/// AVX2 for AVX-512, for loops that only stream to memory: most stores of 64 bytes cross a line.
pub fn for_streams(level: Level) -> Level {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    if let (Level::Avx512(_), Some(avx2)) = (level, level.as_avx2()) {
        return Level::Avx2(avx2);
    }
    level
}

/// The level's name, as `BITAUG_SIMD` spells it.
pub fn name(level: Level) -> &'static str {
    match level {
        Level::Fallback(_) => "scalar",
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        Level::Sse2(_) => "sse2",
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        Level::Sse4_2(_) => "sse4.2",
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        Level::Avx2(_) => "avx2",
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        Level::Avx512(_) => "avx512",
        #[cfg(target_arch = "aarch64")]
        Level::Neon(_) => "neon",
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        Level::WasmSimd128(_) => "wasm",
        _ => "unknown",
    }
}

/// The available level of that name.
pub fn named(text: &str) -> Result<Level> {
    let levels = available();
    levels.iter().copied().find(|&level| name(level) == text).ok_or_else(|| {
        let names: Vec<_> = levels.iter().map(|&level| name(level)).collect();
        Error::argument("SIMD level", "BITAUG_SIMD", text, format!("one of {}", names.join(", ")))
    })
}

/// The best level, capped by `BITAUG_SIMD`, which is read once per process.
pub fn best() -> Result<Level> {
    static BEST: OnceLock<Result<Level>> = OnceLock::new();
    BEST.get_or_init(|| match std::env::var("BITAUG_SIMD") {
        Ok(text) if !text.is_empty() => named(&text),
        _ => Ok(Level::new()),
    })
    .clone()
}
