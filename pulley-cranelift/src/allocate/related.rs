//! Which registers would share a place if nothing stood in the way: block params and what is passed to them.

use crate::vcode::{Op, VCode, VReg};

/// Sets of registers that edges connect.
pub(super) struct Related {
    parent: Vec<u32>,
}

impl Related {
    /// The sets of `vcode`, whose edges are split.
    pub fn new(vcode: &VCode) -> Related {
        let mut related = Related { parent: (0..vcode.vregs.len() as u32).collect() };
        for block in &vcode.blocks {
            let Some(Op::Jump { to }) = block.insts.last().map(|last| &last.op) else { continue };
            for (param, arg) in vcode.blocks[to.block.index()].params.iter().zip(&to.args) {
                if let Some(arg) = arg.reg() {
                    let (param, arg) = (related.find(*param), related.find(arg));
                    related.parent[arg as usize] = param;
                }
            }
        }
        related
    }

    /// Whether edges connect `a` and `b`, perhaps by way of other registers.
    pub fn are(&mut self, a: VReg, b: VReg) -> bool {
        self.find(a) == self.find(b)
    }

    fn find(&mut self, reg: VReg) -> u32 {
        let mut at = reg.0;
        while self.parent[at as usize] != at {
            let up = self.parent[at as usize];
            self.parent[at as usize] = self.parent[up as usize];
            at = self.parent[at as usize];
        }
        at
    }
}
