//! Positions along an axis, as stretches that move as one.

use std::sync::OnceLock;

use crate::error::Result;
use crate::kernels::border::Border;
use crate::memory;

/// The positions along one axis of the input, or None for outside, in the order in which the
/// output has them: as stretches that move as one, worked out when they are first asked for.
#[derive(Debug, Clone)]
pub struct Line {
    pub(super) len: usize,
    of: Of,
    runs: OnceLock<Vec<Run>>,
}

#[derive(Debug, Clone, Copy)]
enum Of {
    Runs,
    /// Of `n` positions from `start` on the one that is nearest to the centre of each.
    Nearest {
        start: usize,
        n: usize,
    },
    /// Of `n` positions that a border continues those from `first` on.
    Bordered {
        border: Border,
        first: i64,
        n: usize,
    },
}

/// `len` neighbours, the lowest of them at `start`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Run {
    pub kind: Kind,
    pub start: usize,
    pub len: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Forward,
    Backward,
    Outside,
}

impl Run {
    pub fn positions(self) -> impl Iterator<Item = Option<usize>> {
        let Run { kind, start, len } = self;
        (0..len).map(move |i| match kind {
            Kind::Forward => Some(start + i),
            Kind::Backward => Some(start + len - 1 - i),
            Kind::Outside => None,
        })
    }
}

impl Line {
    fn of_runs(runs: Vec<Run>) -> Line {
        let len = runs.iter().fold(0, |len, run| len + run.len);
        Line { len, of: Of::Runs, runs: runs.into() }
    }

    pub fn forward(start: usize, len: usize) -> Line {
        Line::of_runs(vec![Run { kind: Kind::Forward, start, len }])
    }

    pub fn backward(start: usize, len: usize) -> Line {
        Line::of_runs(vec![Run { kind: Kind::Backward, start, len }])
    }

    /// `n` positions from `start` on, resized to `len`: sample floor(x_i), at most n - 1, x_0 =
    /// step * 0.5, x_(i+1) = x_i + step, step = n / len.
    pub fn nearest(start: usize, n: usize, len: usize) -> Result<Line> {
        memory::check_table::<Run>(len, RUNS)?;
        Ok(Line { len, of: Of::Nearest { start, n }, runs: OnceLock::new() })
    }

    /// Of `n` positions, continued by a border, `len` from `first` on.
    pub fn bordered(border: Border, first: i64, len: usize, n: usize) -> Result<Line> {
        // Outside, a run is at least so long; but a constant is one, as is what it frames.
        let least = match border {
            Border::Constant => usize::MAX,
            Border::Edge => 1,
            Border::Reflect | Border::Wrap => n,
            Border::Reflect101 => (n - 1).max(1),
        };
        let inside = (first + len as i64).min(n as i64) - first.max(0);
        memory::check_table::<Run>((len - inside.max(0) as usize) / least + 3, RUNS)?;
        Ok(Line { len, of: Of::Bordered { border, first, n }, runs: OnceLock::new() })
    }

    pub(super) fn runs(&self) -> Result<&[Run]> {
        if let Some(runs) = self.runs.get() {
            return Ok(runs);
        }
        let runs = match self.of {
            Of::Runs => unreachable!("it has its runs"),
            Of::Nearest { start, n } => {
                let step = n as f64 / self.len as f64;
                let mut center = step * 0.5;
                runs((0..self.len).map(|_| {
                    let i = (center as usize).min(n - 1);
                    center += step;
                    Some(start + i)
                }))
            }
            Of::Bordered { border, first, n } => {
                let resolve = |i| border.resolve(i, n as i64).map(|at| at as usize);
                runs((first..first + self.len as i64).map(resolve))
            }
        }?;
        Ok(self.runs.get_or_init(|| runs))
    }

    pub(super) fn iter(&self) -> Result<impl Iterator<Item = Option<usize>>> {
        Ok(self.runs()?.iter().flat_map(|run| run.positions()))
    }

    /// First `self`, then `next`: a position of `next` is one of `self`.
    pub(super) fn then(&self, next: &Line) -> Result<Line> {
        let inner = memory::collect(self.iter()?, RUNS)?;
        Ok(Line::of_runs(runs(next.iter()?.map(|at| inner[at?]))?))
    }
}

/// Whether they are the same positions.
impl PartialEq for Line {
    fn eq(&self, other: &Line) -> bool {
        matches!((self.runs(), other.runs()), (Ok(a), Ok(b)) if a == b)
    }
}

pub(super) const RUNS: &str = "the positions of rows or columns";

fn runs(positions: impl Iterator<Item = Option<usize>>) -> Result<Vec<Run>> {
    let mut runs: Vec<Run> = Vec::new();
    for position in positions {
        let (lone, at) = match position {
            Some(at) => (Kind::Forward, at),
            None => (Kind::Outside, 0),
        };
        match runs.last_mut() {
            Some(Run { kind: Kind::Outside, len, .. }) if position.is_none() => *len += 1,
            Some(Run { kind: Kind::Forward, start, len }) if position == Some(*start + *len) => {
                *len += 1;
            }
            Some(Run { kind: kind @ (Kind::Forward | Kind::Backward), start, len })
                if (*kind == Kind::Backward || *len == 1)
                    && position.is_some_and(|at| at + 1 == *start) =>
            {
                (*kind, *start, *len) = (Kind::Backward, at, *len + 1);
            }
            _ => memory::push(&mut runs, Run { kind: lone, start: at, len: 1 }, RUNS)?,
        }
    }
    Ok(runs)
}

/// The run that positions are, if they are one within the image.
pub(super) fn straight(positions: &[Option<usize>]) -> Option<Run> {
    let (len, first, last) = (positions.len(), (*positions.first()?)?, (*positions.last()?)?);
    let (kind, start) = if first <= last { (Kind::Forward, first) } else { (Kind::Backward, last) };
    let run = Run { kind, start, len };
    run.positions().eq(positions.iter().copied()).then_some(run)
}
