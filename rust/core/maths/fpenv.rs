//! The floating-point environment. A caller may have set flush-to-zero or another rounding mode
//! on its thread; while pixels and parameters are made, the default environment holds.

/// Holds the default environment until dropped, then restores the caller's.
pub struct DefaultEnvironment {
    saved: imp::State,
    /// The environment belongs to this thread.
    _thread: std::marker::PhantomData<*const ()>,
}

impl DefaultEnvironment {
    pub fn enter() -> Self {
        let saved = imp::get();
        imp::set(imp::DEFAULT);
        DefaultEnvironment { saved, _thread: std::marker::PhantomData }
    }
}

impl Drop for DefaultEnvironment {
    fn drop(&mut self) {
        imp::set(self.saved);
    }
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
mod imp {
    use std::arch::asm;

    pub type State = u32;
    /// MXCSR: round to nearest even, all exceptions masked, neither FTZ nor DAZ.
    pub const DEFAULT: State = 0x1f80;

    pub fn get() -> State {
        let mut state: State = 0;
        // SAFETY: stmxcsr writes four bytes to the address of a live u32; SSE is in the baseline.
        unsafe { asm!("stmxcsr [{}]", in(reg) &mut state, options(nostack)) };
        state
    }

    pub fn set(state: State) {
        // SAFETY: ldmxcsr reads four bytes from a live u32, either DEFAULT or a value that
        // stmxcsr stored, so no reserved bit is set.
        unsafe { asm!("ldmxcsr [{}]", in(reg) &state, options(nostack, readonly)) };
    }
}

#[cfg(target_arch = "aarch64")]
mod imp {
    use std::arch::asm;

    pub type State = u64;
    /// FPCR: round to nearest even, no flushing, no traps, no default NaN.
    pub const DEFAULT: State = 0;

    pub fn get() -> State {
        let state: State;
        // SAFETY: FPCR may be read at any privilege level.
        unsafe { asm!("mrs {}, fpcr", out(reg) state, options(nomem, nostack)) };
        state
    }

    pub fn set(state: State) {
        // SAFETY: FPCR may be written at any privilege level; the value is DEFAULT or was read.
        unsafe { asm!("msr fpcr, {}", in(reg) state, options(nomem, nostack)) };
    }
}

#[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
mod imp {
    /// No flush-to-zero mode that a caller could have set is known here.
    pub type State = ();
    pub const DEFAULT: State = ();

    pub fn get() -> State {}
    pub fn set(_: State) {}
}

#[cfg(all(test, any(target_arch = "x86_64", target_arch = "aarch64")))]
mod tests {
    use super::*;
    use std::hint::black_box;

    #[test]
    fn flushing_is_off_inside_and_back_after() {
        #[cfg(target_arch = "x86_64")]
        let flushing = imp::DEFAULT | 0x8040;
        #[cfg(target_arch = "aarch64")]
        let flushing = 1 << 24;
        let half = || black_box(f32::MIN_POSITIVE) * black_box(0.5);
        let before = imp::get();
        imp::set(flushing);
        assert_eq!(half(), 0.0);
        {
            let _default = DefaultEnvironment::enter();
            assert!(half() > 0.0);
        }
        assert_eq!(half(), 0.0);
        imp::set(before);
    }
}
