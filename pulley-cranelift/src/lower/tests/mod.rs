//! Tests of the lowering: what patterns become, and that narrow integers compute what they should.

mod narrow;
mod patterns;
mod run;
