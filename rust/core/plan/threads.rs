//! Work spread over scoped threads. They are spawned for one call and joined before it returns, so
//! that a `fork` between calls finds nothing to break.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::Builder;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::maths::fpenv::DefaultEnvironment;

/// Samples that a thread must find to take through steps before it is worth its 30 to 60 us.
const GRAIN: usize = 1 << 19;

/// How often the caller is asked whether it still wants what is being made.
const PAUSE: Duration = Duration::from_millis(if cfg!(test) { 0 } else { 50 });

/// Of `threads`, as many as help with that many samples, counted once per step.
pub fn useful(threads: usize, samples: usize) -> usize {
    threads.min(samples / GRAIN + 1)
}

/// Whether the caller still wants what is being made; once it has said no, it says so again.
pub type Ask<'a> = &'a (dyn Fn() -> Result<()> + Sync);

/// Asks the caller, but not for each of many small pieces of work, as that takes time.
pub struct Pause<'a> {
    ask: Ask<'a>,
    begun: bool,
    last: Option<Instant>,
}

impl<'a> Pause<'a> {
    pub fn new(ask: Ask<'a>) -> Self {
        Pause { ask, begun: false, last: None }
    }

    /// Before each piece of work. Of a single piece not even the time is asked for.
    pub fn ask(&mut self) -> Result<()> {
        if !std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        let last = self.last.get_or_insert_with(Instant::now);
        if last.elapsed() < PAUSE {
            return Ok(());
        }
        *last = Instant::now();
        (self.ask)()
    }
}

/// Nobody to ask.
pub fn go_on() -> Result<()> {
    Ok(())
}

/// Calls `work(scratch, i)` for every i in 0..count, on up to `threads` threads, the caller's
/// among them. `S` is one thread's scratch. Which thread does which i is not fixed, so `work` must
/// depend on i alone. After an error no more work is begun; of several the one of the lowest i is
/// returned, but one of `ask`, which is called on the caller's thread, before all.
pub fn each<S: Default>(
    count: usize,
    threads: usize,
    ask: Ask,
    work: impl Fn(&mut S, usize) -> Result<()> + Sync,
) -> Result<()> {
    let next = AtomicUsize::new(0);
    let failed: Mutex<Option<(usize, Error)>> = Mutex::new(None);
    let run = |mut pause: Option<Pause>| {
        let _default = DefaultEnvironment::enter();
        let mut scratch = S::default();
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            if i >= count {
                return;
            }
            let (place, done) = match pause.as_mut().map_or(Ok(()), Pause::ask) {
                Ok(()) => (i + 1, work(&mut scratch, i)),
                stop => (0, stop),
            };
            if let Err(error) = done {
                next.fetch_max(count, Ordering::Relaxed);
                let mut failed = failed.lock().expect("nothing panics while it is held");
                if failed.as_ref().is_none_or(|(other, _)| place < *other) {
                    *failed = Some((place, error));
                }
                return;
            }
        }
    };
    let here = || run(Some(Pause::new(ask)));
    if threads.min(count) <= 1 {
        here();
    } else {
        std::thread::scope(|scope| {
            // Where the system has no more threads to give, fewer do the same work.
            let spawn = |_| Builder::new().spawn_scoped(scope, || run(None)).ok();
            let others: Vec<_> = (1..threads.min(count)).map_while(spawn).collect();
            here();
            // The scope alone waits for the work, not for the threads to be gone.
            for other in others {
                if let Err(panic) = other.join() {
                    std::panic::resume_unwind(panic);
                }
            }
        });
    }
    let failed = failed.into_inner().expect("as above");
    failed.map_or(Ok(()), |(_, error)| Err(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_ends_the_work() {
        for threads in [1, 3] {
            let begun = AtomicUsize::new(0);
            let work = |(): &mut (), i| {
                begun.fetch_add(1, Ordering::Relaxed);
                if i < 5 { Ok(()) } else { Err(Error::refused(i, "")) }
            };
            let error = each(1_000_000, threads, &go_on, work).unwrap_err();
            assert!(begun.load(Ordering::Relaxed) < 5 + 2 * threads);
            assert!(matches!(error, Error::Refused { place, .. } if place == "5"));
        }
    }

    #[test]
    fn the_caller_can_end_the_work() {
        for threads in [1, 3] {
            let stop = || Err(Error::Interrupted);
            // More than will ever be done.
            let found = each(usize::MAX / 2, threads, &stop, |(): &mut (), _| Ok(()));
            assert_eq!(found, Err(Error::Interrupted));
            assert_eq!(each(9, threads, &go_on, |(): &mut (), _| Ok(())), Ok(()));
        }
    }
}
