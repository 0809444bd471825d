//! Which proposals a module uses, whether or not Pulley takes them.

use wasmparser::{BlockType, Operator, Parser, Validator, WasmFeatures};

/// A proposal to the core specification.
pub(super) struct Proposal {
    pub(super) name: &'static str,
    /// Whether Pulley runs modules that use it.
    pub(super) supported: bool,
    feature: WasmFeatures,
    /// wasmparser's name of the operators that it adds, if it adds some.
    operators: &'static str,
}

macro_rules! proposals {
    ($($supported:literal $name:literal $feature:ident $operators:literal,)*) => {
        /// All of them, in the order of their age.
        const PROPOSALS: &[Proposal] = &[$(Proposal {
            name: $name,
            supported: $supported,
            feature: WasmFeatures::$feature,
            operators: $operators,
        },)*];
    };
}

proposals! {
    true "mutable globals" MUTABLE_GLOBAL "",
    true "sign extension" SIGN_EXTENSION "sign_extension",
    true "saturating float to int" SATURATING_FLOAT_TO_INT "saturating_float_to_int",
    true "multi-value" MULTI_VALUE "",
    true "bulk memory" BULK_MEMORY "bulk_memory",
    true "reference types" REFERENCE_TYPES "reference_types",
    false "SIMD" SIMD "simd",
    true "tail calls" TAIL_CALL "tail_call",
    true "extended constant expressions" EXTENDED_CONST "",
    false "relaxed SIMD" RELAXED_SIMD "relaxed_simd",
    false "threads" THREADS "threads",
    false "multi-memory" MULTI_MEMORY "",
    false "memory64" MEMORY64 "",
    false "exception handling" EXCEPTIONS "exceptions",
    false "legacy exception handling" LEGACY_EXCEPTIONS "legacy_exceptions",
    false "typed function references" FUNCTION_REFERENCES "function_references",
    false "garbage collection" GC "gc",
    false "stack switching" STACK_SWITCHING "stack_switching",
    false "wide arithmetic" WIDE_ARITHMETIC "wide_arithmetic",
    false "custom page sizes" CUSTOM_PAGE_SIZES "",
    false "memory control" MEMORY_CONTROL "memory_control",
    false "shared-everything threads" SHARED_EVERYTHING_THREADS "shared_everything_threads",
}

macro_rules! proposal_of_operator {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        /// wasmparser's name of the proposal that an operator came with.
        fn proposal(operator: &Operator<'_>) -> &'static str {
            match operator {
                $(Operator::$op { .. } => stringify!($proposal),)*
                // Those of SIMD are a list of their own.
                _ => "simd",
            }
        }
    };
}
wasmparser::for_each_operator!(proposal_of_operator);

/// What function bodies use.
#[derive(Default)]
pub(super) struct Bodies {
    /// wasmparser's names of proposals.
    operators: Vec<&'static str>,
    multi_value: bool,
}

impl Bodies {
    /// Notes what `operator` needs.
    pub(super) fn note(&mut self, operator: &Operator<'_>) {
        let proposal = proposal(operator);
        if proposal != "mvp" && !self.operators.contains(&proposal) {
            self.operators.push(proposal);
        }
        match operator {
            // Types of blocks that are not one result are types of the module, which may have other uses.
            Operator::Block { blockty } | Operator::Loop { blockty } | Operator::If { blockty } => {
                self.multi_value |= matches!(blockty, BlockType::FuncType(_));
            }
            _ => {}
        }
    }
}

/// The proposals that a module uses: those whose operators are in its bodies, and those without which its other sections
/// are not valid.
///
/// # Errors
/// If the sections are not valid with all proposals together.
pub(super) fn used(wasm: &[u8], bodies: &Bodies) -> wasmparser::Result<Vec<&'static Proposal>> {
    validate_sections(wasm, WasmFeatures::all())?;
    let is_used = |proposal: &&Proposal| {
        bodies.operators.contains(&proposal.operators)
            || (bodies.multi_value && proposal.feature == WasmFeatures::MULTI_VALUE)
            || validate_sections(wasm, WasmFeatures::all().difference(proposal.feature)).is_err()
    };
    Ok(PROPOSALS.iter().filter(is_used).collect())
}

/// Validates everything but function bodies.
fn validate_sections(wasm: &[u8], features: WasmFeatures) -> wasmparser::Result<()> {
    let mut validator = Validator::new_with_features(features);
    let mut parser = Parser::new(0);
    parser.set_features(features);
    for payload in parser.parse_all(wasm) {
        validator.payload(&payload?)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmparser::Payload;

    #[track_caller]
    fn names(text: &str) -> Vec<&'static str> {
        let wasm = wat::parse_str(text).expect("the text is right");
        let mut bodies = Bodies::default();
        for payload in Parser::new(0).parse_all(&wasm) {
            if let Payload::CodeSectionEntry(body) = payload.expect("the module is right") {
                for operator in body.get_operators_reader().expect("the body is right") {
                    bodies.note(&operator.expect("the operator is right"));
                }
            }
        }
        let used = used(&wasm, &bodies).expect("the module is valid");
        // What the table says of support is what the compiler does.
        let compiles = pulley::Module::validate(&pulley::Engine::default(), &wasm);
        let refused = used.iter().find(|proposal| !proposal.supported);
        match (refused, compiles) {
            (None, compiles) => assert!(compiles.is_ok(), "{text}: {compiles:?}"),
            (Some(refused), compiles) => {
                let message = compiles.expect_err(text).to_string();
                assert!(message.contains(refused.name), "{text}: {message}");
            }
        }
        used.iter().map(|proposal| proposal.name).collect()
    }

    #[test]
    fn proposals_are_found() {
        assert_eq!(names("(module (memory 1) (func (result i32) (i32.load (i32.const 0))))"), [] as [&str; 0]);
        assert_eq!(names("(module (func (result i32) (i32.extend8_s (i32.const 0))))"), ["sign extension"]);
        assert_eq!(names("(module (func (result i32 i32) (i32.const 0) (i32.const 0)))"), ["multi-value"]);
        assert_eq!(names("(module (func (block (param) (result i64 i64) unreachable) drop drop))"), ["multi-value"]);
        assert_eq!(names("(module (memory 1) (data \"x\"))"), ["bulk memory"]);
        assert_eq!(
            names("(module (memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))))"),
            ["bulk memory"]
        );
        assert_eq!(names("(module (table 1 externref))"), ["reference types"]);
        assert_eq!(names("(module (global (export \"g\") (mut i32) (i32.const 1)))"), ["mutable globals"]);
        assert_eq!(names("(module (func $f (return_call $f)))"), ["tail calls"]);
        assert_eq!(
            names("(module (global i32 (i32.add (i32.const 1) (i32.const 2))))"),
            ["extended constant expressions"]
        );
        assert_eq!(names("(module (func (param v128)))"), ["SIMD"]);
        assert_eq!(names("(module (func (drop (i32x4.splat (i32.const 1)))))"), ["SIMD"]);
        assert_eq!(names("(module (memory 1 1 shared))"), ["threads"]);
        assert_eq!(names("(module (memory 1) (memory 1))"), ["multi-memory"]);
        assert_eq!(names("(module (memory i64 1))"), ["memory64"]);
        assert_eq!(names("(module (tag))"), ["exception handling"]);
    }
}
