//! Random configurations, asked of the real terraform and of sekisho.
//!
//! Lives here: the parts and the random numbers. What is generated: `types.rs`, `functions.rs` (what
//! functions take and give), `expressions.rs`, `loops.rs`, `modules.rs`. What is done with it: `node.rs` (a text
//! that can be made smaller), `run.rs` (both programs), `compare.rs`, `hunt.rs` (the loop that looks
//! for disagreements and shrinks them).

pub mod compare;
pub mod expressions;
pub mod functions;
pub mod hunt;
pub mod loops;
pub mod modules;
pub mod node;
pub mod run;
pub mod types;

/// Random numbers that a seed decides.
#[derive(Clone)]
pub struct Rng(u64);

impl Rng {
    /// From a seed.
    pub fn new(seed: u64) -> Rng {
        Rng(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^ (x >> 31)
    }

    /// Below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    /// In so many of a hundred.
    pub fn percent(&mut self, n: usize) -> bool {
        self.below(100) < n
    }

    /// One of them.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}
