//! What a pipeline's output is like before anything is drawn.

use crate::containers::Runs;
use crate::image::DType;
use crate::ops::Flow;
use crate::pipeline::spec::{Kind, Node};

pub struct Output {
    pub dtype: DType,
    /// Channels first.
    pub planar: bool,
    /// Height and width, unless a draw decides them.
    pub size: Option<[usize; 2]>,
}

impl Output {
    /// After a node that runs if its `p` says so.
    pub fn pass(&mut self, node: &Node) {
        let before = self.size;
        self.always(node);
        if node.p < 1.0 && self.size != before {
            self.size = None;
        }
    }

    /// After a node that always runs.
    fn always(&mut self, node: &Node) {
        match &node.kind {
            Kind::Container(container, children) => match container.runs() {
                Runs::All => children.iter().for_each(|child| self.pass(child)),
                Runs::One => {
                    let mut after = children.iter().filter(|child| child.p > 0.0).map(|child| {
                        let mut one = Output { ..*self };
                        one.always(child);
                        one.size
                    });
                    let first = after.next().flatten();
                    self.size = first.filter(|_| after.all(|size| size == first));
                }
                Runs::Any => {
                    let before = self.size;
                    let changes = |child: &Node| {
                        let mut one = Output { ..*self };
                        one.always(child);
                        one.size != before
                    };
                    self.size = before.filter(|_| !children.iter().any(changes));
                }
            },
            Kind::Mix(mix) => self.size = mix.size(self.size),
            Kind::Op(op) => {
                self.size = op.size(self.size);
                match op.flow() {
                    Flow::Floats | Flow::Normalizes => self.dtype = DType::F32,
                    Flow::Planar => self.planar = true,
                    Flow::Any | Flow::Nominal => {}
                }
            }
        }
    }
}
