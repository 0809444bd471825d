//! Which WebAssembly features the compiler takes, and what to say of a module that uses others.

use wasmparser as wp;
use wp::WasmFeatures;

use crate::error::{CompileError, CompileErrorKind};

/// WebAssembly 2.0 without SIMD, with tail calls and arithmetic in constant expressions.
pub(super) const SUPPORTED: WasmFeatures = WasmFeatures::WASM2
    .difference(WasmFeatures::SIMD)
    .union(WasmFeatures::TAIL_CALL)
    .union(WasmFeatures::EXTENDED_CONST);

/// Proposals that the compiler does not take, by the names that they are known by.
const UNSUPPORTED: &[(WasmFeatures, &str)] = &[
    (WasmFeatures::RELAXED_SIMD, "relaxed SIMD"),
    (WasmFeatures::SIMD, "SIMD"),
    (WasmFeatures::SHARED_EVERYTHING_THREADS, "shared-everything threads"),
    (WasmFeatures::ACQUIRE_RELEASE_ATOMICS, "acquire-release atomics"),
    (WasmFeatures::THREADS, "threads"),
    (WasmFeatures::MULTI_MEMORY, "multi-memory"),
    (WasmFeatures::MEMORY64, "memory64"),
    (WasmFeatures::STACK_SWITCHING, "stack switching"),
    (WasmFeatures::LEGACY_EXCEPTIONS, "legacy exception handling"),
    (WasmFeatures::EXCEPTIONS, "exception handling"),
    (WasmFeatures::CUSTOM_DESCRIPTORS, "custom descriptors"),
    (WasmFeatures::MULTIBYTE_ARRAY_ACCESS, "multibyte array access"),
    (WasmFeatures::GC, "garbage collection"),
    (WasmFeatures::FUNCTION_REFERENCES, "typed function references"),
    (WasmFeatures::CUSTOM_PAGE_SIZES, "custom page sizes"),
    (WasmFeatures::WIDE_ARITHMETIC, "wide arithmetic"),
    (WasmFeatures::MEMORY_CONTROL, "memory control"),
    (WasmFeatures::COMPACT_IMPORTS, "compact import section"),
    (WasmFeatures::COMPONENT_MODEL, "component model"),
];

/// What to tell the user of `error`, which validation with [`SUPPORTED`] gave. `validate` validates the same thing with
/// other features.
///
/// Features only ever remove errors, so a proposal is to blame if with everything enabled validation gets past `error`.
/// Which one: the one without which it does not.
pub(super) fn explain(error: &wp::Error, validate: impl Fn(WasmFeatures) -> wp::Result<()>) -> CompileError {
    let gets_past = |features| validate(features).err().is_none_or(|e: wp::Error| e.offset() != error.offset());
    let all = UNSUPPORTED.iter().fold(SUPPORTED, |all, (feature, _)| all.union(*feature));
    let proposal = gets_past(all).then(|| {
        let named = error.missing_wasm_feature();
        let by_name = UNSUPPORTED.iter().find(|(feature, _)| named == Some(*feature));
        let by_trial = || UNSUPPORTED.iter().find(|(feature, _)| !gets_past(all.difference(*feature)));
        by_name.or_else(by_trial).map_or("an unknown", |(_, name)| *name)
    });
    let kind = match proposal {
        Some(proposal) => CompileErrorKind::Unsupported { proposal },
        None => CompileErrorKind::Invalid(error.message().into()),
    };
    CompileError { kind, offset: u32::try_from(error.offset()).ok(), function: None }
}
