//! The state of a running script, and what each directive does to it.

use super::{spectest, values};
use pulley::{Engine, Error, Extern, Instance, Linker, Module, Store, Trap, Val};
use std::collections::HashMap;
use wast::core::WastRetCore;
use wast::token::Id;
use wast::{QuoteWat, WastArg, WastDirective, WastExecute, WastInvoke, WastRet, Wat};

/// What a directive that went well counts as.
pub(super) enum Verdict {
    /// Nothing: it made or changed something.
    Command,
    /// An assertion that holds.
    Assertion,
    /// An assertion that holds, about the text format's parser.
    TextOnly,
}

/// A directive's outcome; the error says what was expected and what came.
type Outcome = Result<Verdict, String>;

/// Results of an action, or why it failed. The outer error of functions that return this is the script's own fault.
type Action = Result<Vec<Val>, Error>;

pub(super) struct Script {
    engine: Engine,
    store: Store<()>,
    /// Knows `spectest` and what the script registered.
    linker: Linker<()>,
    instances: HashMap<String, Instance>,
    definitions: HashMap<String, Module>,
    /// What a directive without a name means.
    last: Option<Instance>,
    last_definition: Option<Module>,
}

impl Script {
    pub(super) fn new(engine: &Engine) -> pulley::Result<Script> {
        let mut store = Store::new(engine, ());
        let mut linker = Linker::new(engine);
        linker.allow_shadowing(true);
        spectest::define(&mut linker, &mut store)?;
        Ok(Script {
            engine: engine.clone(),
            store,
            linker,
            instances: HashMap::new(),
            definitions: HashMap::new(),
            last: None,
            last_definition: None,
        })
    }

    pub(super) fn directive(&mut self, directive: WastDirective<'_>) -> Outcome {
        match directive {
            WastDirective::Module(module) => self.module(module),
            WastDirective::ModuleDefinition(module) => self.definition(module),
            WastDirective::ModuleInstance { instance, module, .. } => self.instance_of(instance, module),
            WastDirective::Register { name, module, .. } => self.register(name, module),
            WastDirective::Invoke(invoke) => match self.invoke(&invoke)? {
                Ok(_) => Ok(Verdict::Command),
                Err(error) => Err(format!("invoke \"{}\" failed: {error:#}", invoke.name)),
            },
            WastDirective::AssertReturn { exec, results, .. } => self.assert_return(exec, &results),
            WastDirective::AssertTrap { exec, message, .. } => {
                let outcome = self.execute(exec)?;
                assert_trap(outcome, message)
            }
            WastDirective::AssertExhaustion { call, message, .. } => {
                let outcome = self.invoke(&call)?;
                assert_trap(outcome, message)
            }
            WastDirective::AssertInvalid { module, message, .. } => self.assert_rejected(module, message, false),
            WastDirective::AssertMalformed { module, message, .. } => self.assert_rejected(module, message, true),
            WastDirective::AssertUnlinkable { module, message, .. } => self.assert_unlinkable(module, message),
            WastDirective::AssertException { .. } => Err("assert_exception: exceptions are not supported".to_owned()),
            _ => Err("this directive is not supported".to_owned()),
        }
    }

    fn compile(&self, module: &mut QuoteWat<'_>) -> Result<Module, String> {
        let wasm = module.encode().map_err(|error| format!("the text is malformed: {}", error.message()))?;
        Module::new(&self.engine, wasm).map_err(|error| format!("compiling failed: {error:#}"))
    }

    fn instantiate(&mut self, module: &Module) -> pulley::Result<Instance> {
        self.linker.instantiate(&mut self.store, module)
    }

    fn module(&mut self, mut module: QuoteWat<'_>) -> Outcome {
        // Whatever comes of this module, what follows is not meant for the one before.
        self.last = None;
        let name = module.name();
        let module = self.compile(&mut module)?;
        let instance = self.instantiate(&module).map_err(|error| format!("instantiating failed: {error:#}"))?;
        self.remember(name, instance);
        Ok(Verdict::Command)
    }

    fn remember(&mut self, name: Option<Id<'_>>, instance: Instance) {
        self.last = Some(instance);
        if let Some(name) = name {
            self.instances.insert(name.name().to_owned(), instance);
        }
    }

    fn definition(&mut self, mut module: QuoteWat<'_>) -> Outcome {
        let name = module.name();
        let module = self.compile(&mut module)?;
        if let Some(name) = name {
            self.definitions.insert(name.name().to_owned(), module.clone());
        }
        self.last_definition = Some(module);
        Ok(Verdict::Command)
    }

    fn instance_of(&mut self, instance: Option<Id<'_>>, module: Option<Id<'_>>) -> Outcome {
        let module = match module {
            Some(name) => self.definitions.get(name.name()),
            None => self.last_definition.as_ref(),
        };
        let module = module.ok_or("there is no module definition of this name")?.clone();
        let made = self.instantiate(&module).map_err(|error| format!("instantiating failed: {error:#}"))?;
        self.remember(instance, made);
        Ok(Verdict::Command)
    }

    fn instance(&self, name: Option<Id<'_>>) -> Result<Instance, String> {
        match name {
            Some(name) => {
                self.instances.get(name.name()).copied().ok_or(format!("there is no instance ${}", name.name()))
            }
            None => self.last.ok_or("there is no instance: the module before failed".to_owned()),
        }
    }

    fn register(&mut self, name: &str, module: Option<Id<'_>>) -> Outcome {
        let instance = self.instance(module)?;
        self.linker.instance(&mut self.store, name, instance).map_err(|error| format!("register failed: {error:#}"))?;
        Ok(Verdict::Command)
    }

    fn invoke(&mut self, invoke: &WastInvoke<'_>) -> Result<Action, String> {
        let instance = self.instance(invoke.module)?;
        let name = invoke.name;
        let func =
            instance.get_func(&mut self.store, name).ok_or_else(|| format!("no function \"{name}\" is exported"))?;
        let mut args = Vec::new();
        for arg in &invoke.args {
            args.push(match arg {
                WastArg::Core(arg) => values::argument(&mut self.store, arg)?,
                _ => return Err("component values are not supported".to_owned()),
            });
        }
        let mut results = vec![Val::I32(0); func.ty(&self.store).results().len()];
        Ok(func.call(&mut self.store, &args, &mut results).map(|()| results))
    }

    fn get(&mut self, module: Option<Id<'_>>, name: &str) -> Result<Val, String> {
        let instance = self.instance(module)?;
        match instance.get_export(&mut self.store, name) {
            Some(Extern::Global(global)) => Ok(global.get(&mut self.store)),
            _ => Err(format!("no global \"{name}\" is exported")),
        }
    }

    fn execute(&mut self, execute: WastExecute<'_>) -> Result<Action, String> {
        match execute {
            WastExecute::Invoke(invoke) => self.invoke(&invoke),
            WastExecute::Get { module, global, .. } => Ok(Ok(vec![self.get(module, global)?])),
            WastExecute::Wat(wat) => {
                let module = self.compile(&mut QuoteWat::Wat(wat))?;
                Ok(self.instantiate(&module).map(|_| Vec::new()))
            }
        }
    }

    fn assert_return(&mut self, execute: WastExecute<'_>, expected: &[WastRet<'_>]) -> Outcome {
        let what = match &execute {
            WastExecute::Invoke(invoke) => format!("invoke \"{}\"", invoke.name),
            WastExecute::Get { global, .. } => format!("get \"{global}\""),
            WastExecute::Wat(_) => "the module".to_owned(),
        };
        let expected: Vec<&WastRetCore<'_>> = expected
            .iter()
            .map(|value| match value {
                WastRet::Core(value) => Ok(value),
                _ => Err("component values are not supported".to_owned()),
            })
            .collect::<Result<_, _>>()?;
        let wanted = values::list(expected.iter().map(|value| values::expected(value)));
        match self.execute(execute)? {
            Err(error) => Err(format!("{what}: expected {wanted}, failed with: {error:#}")),
            Ok(results) => {
                let equal = results.len() == expected.len()
                    && results.iter().zip(&expected).all(|(got, wanted)| values::matches(&self.store, got, wanted));
                if equal {
                    return Ok(Verdict::Assertion);
                }
                let got = values::list(results.iter().map(|value| values::actual(&self.store, value)));
                Err(format!("{what}: expected {wanted}, got {got}"))
            }
        }
    }

    /// Of a malformed or invalid module: whichever half of us notices, the text parser or the compiler. The messages are
    /// not compared: they are in the words of the suite's reference interpreter.
    fn assert_rejected(&mut self, mut module: QuoteWat<'_>, message: &str, malformed: bool) -> Outcome {
        let is_text = matches!(module, QuoteWat::QuoteModule(..) | QuoteWat::QuoteComponent(..));
        let verdict = if malformed && is_text { Verdict::TextOnly } else { Verdict::Assertion };
        match module.encode() {
            Err(_) if is_text => Ok(verdict),
            Err(error) => Err(format!("expected \"{message}\", the text is malformed: {}", error.message())),
            Ok(wasm) => match Module::new(&self.engine, wasm) {
                Err(_) => Ok(verdict),
                Ok(_) => Err(format!("expected \"{message}\", the module compiled")),
            },
        }
    }

    fn assert_unlinkable(&mut self, module: Wat<'_>, message: &str) -> Outcome {
        let module = self.compile(&mut QuoteWat::Wat(module))?;
        match self.instantiate(&module) {
            Err(error) if error.is::<Trap>() => Err(format!("expected \"{message}\", trapped: {error:#}")),
            Err(_) => Ok(Verdict::Assertion),
            Ok(_) => Err(format!("expected \"{message}\", the module was linked")),
        }
    }
}

/// Whether an action trapped, with the message that the suite expects or one that it begins with (`uninitialized element
/// 2` is more than anybody says).
fn assert_trap(outcome: Action, message: &str) -> Outcome {
    match outcome {
        Ok(_) => Err(format!("expected trap \"{message}\", it returned")),
        Err(error) => match error.downcast_ref::<Trap>() {
            Some(trap) if message.starts_with(&trap.to_string()) => Ok(Verdict::Assertion),
            Some(trap) => Err(format!("expected trap \"{message}\", got \"{trap}\"")),
            None => Err(format!("expected trap \"{message}\", failed with: {error:#}")),
        },
    }
}
