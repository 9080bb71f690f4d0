//! Work spread over scoped threads. They are spawned for one call and joined before it returns, so
//! that a `fork` between calls finds nothing to break.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::Builder;

use crate::fpenv::DefaultEnvironment;

/// Samples that a thread must find to take through steps before it is worth its 30 to 60 us.
const GRAIN: usize = 1 << 19;

/// Of `threads`, as many as help with that many samples, counted once per step.
pub fn useful(threads: usize, samples: usize) -> usize {
    threads.min(samples / GRAIN + 1)
}

/// Calls `work(scratch, i)` for every i in 0..count, on up to `threads` threads, the caller's
/// among them. `S` is one thread's scratch. Which thread does which i is not fixed, so `work` must
/// depend on i alone.
pub fn each<S: Default>(count: usize, threads: usize, work: impl Fn(&mut S, usize) + Sync) {
    let next = AtomicUsize::new(0);
    let run = || {
        let _default = DefaultEnvironment::enter();
        let mut scratch = S::default();
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            if i >= count {
                return;
            }
            work(&mut scratch, i);
        }
    };
    if threads.min(count) <= 1 {
        return run();
    }
    std::thread::scope(|scope| {
        // Where the system has no more threads to give, fewer do the same work.
        let spawn = |_| Builder::new().spawn_scoped(scope, run).ok();
        let others: Vec<_> = (1..threads.min(count)).map_while(spawn).collect();
        run();
        // The scope alone waits for the work, not for the threads to be gone.
        for other in others {
            if let Err(panic) = other.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
}
