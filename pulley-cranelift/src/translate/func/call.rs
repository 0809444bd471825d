//! Calls: of functions, through tables, tail calls, and of builtins. How callees are named: [`names`](super::super::names).

use cranelift_codegen::ir::{AbiParam, ExtFuncData, ExternalName, FuncRef, InstBuilder, SigRef, Signature};
use cranelift_codegen::isa::CallConv;
use wasmparser::Operator;

use super::super::names::{Builtin, Callee};
use super::{Result, Translator, signature};

impl Translator<'_, '_> {
    /// Translates an operator of this file; `false` for others.
    pub(super) fn call(&mut self, op: &Operator<'_>) -> Result<bool> {
        let module = &self.parsed.module;
        let (callee, ty, tail) = match *op {
            Operator::Call { function_index: index } => (Callee::Func(index), module.func_types[index as usize], false),
            Operator::ReturnCall { function_index: index } => {
                (Callee::Func(index), module.func_types[index as usize], true)
            }
            Operator::CallIndirect { type_index: ty, table_index: table } => {
                (Callee::Indirect { table, ty }, ty, false)
            }
            Operator::ReturnCallIndirect { type_index: ty, table_index: table } => {
                (Callee::Indirect { table, ty }, ty, true)
            }
            _ => return Ok(false),
        };
        // An indirect callee's index is above the arguments on the stack, and is passed as the last of them.
        let extra = usize::from(matches!(callee, Callee::Indirect { .. }));
        let arguments = module.types[ty as usize].params.len() + extra;
        let func = self.callee(callee, ty);
        if tail {
            let arguments = self.pop_many(arguments);
            self.ins().return_call(func, &arguments);
            self.unreachable_from_here();
        } else {
            self.emit_call(func, arguments)?;
        }
        Ok(true)
    }

    /// Calls a builtin with the operands that it takes.
    pub(super) fn builtin(&mut self, builtin: Builtin, immediates: &[u32]) -> Result<()> {
        let callee = Callee::builtin(builtin, immediates);
        let func = match self.callees.get(&callee) {
            Some(&func) => func,
            None => {
                let params = |types: &[_]| types.iter().map(|&ty| AbiParam::new(ty)).collect();
                let signature = self.builder.import_signature(Signature {
                    params: params(builtin.params()),
                    returns: params(builtin.results()),
                    call_conv: CallConv::Tail,
                });
                self.import(callee, signature)
            }
        };
        self.emit_call(func, builtin.params().len())
    }

    fn emit_call(&mut self, func: FuncRef, arguments: usize) -> Result<()> {
        let arguments = self.pop_many(arguments);
        let call = self.ins().call(func, &arguments);
        let results = self.builder.inst_results(call);
        self.stack.extend_from_slice(results);
        let count = results.len();
        self.transfer(count)
    }

    /// The function reference of a callee of type `ty` in this module.
    fn callee(&mut self, callee: Callee, ty: u32) -> FuncRef {
        if let Some(&func) = self.callees.get(&callee) {
            return func;
        }
        let plain = &self.parsed.module.types[ty as usize];
        let signature = match callee {
            Callee::Indirect { .. } => {
                let mut signature = signature(plain);
                signature.params.push(AbiParam::new(cranelift_codegen::ir::types::I32));
                self.builder.import_signature(signature)
            }
            _ => match self.signatures.get(&ty) {
                Some(&signature) => signature,
                None => {
                    let reference = self.builder.import_signature(signature(plain));
                    self.signatures.insert(ty, reference);
                    reference
                }
            },
        };
        self.import(callee, signature)
    }

    fn import(&mut self, callee: Callee, signature: SigRef) -> FuncRef {
        let name = self.builder.func.declare_imported_user_function(callee.name());
        let name = ExternalName::user(name);
        let func = self.builder.import_function(ExtFuncData { name, signature, colocated: true, patchable: false });
        self.callees.insert(callee, func);
        func
    }
}
