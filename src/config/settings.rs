//! What the file and the environment say, key by key, checked against the table of keys.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    Environment, Fault,
    keys::{self, Key, Shape, State},
    limits,
};
use crate::yaml;

/// One value for each key that was given, and what was found wrong on the way.
///
/// Values may be secrets, so that it has no `Debug`.
pub(super) struct Settings {
    file: String,
    values: BTreeMap<String, Setting>,
    /// The sections of the file, empty ones included.
    sections: BTreeSet<String>,
    pub(super) faults: Vec<Fault>,
    pub(super) warnings: Vec<Fault>,
}

impl Settings {
    /// What `text` says, called `file` in faults, and over it what `environment` says.
    ///
    /// # Errors
    ///
    /// When `text` is no YAML, or no mapping; all other faults are kept.
    pub(super) fn gather(text: &str, file: &str, environment: &Environment) -> Result<Self, Fault> {
        let mut settings = Self {
            file: file.to_owned(),
            values: BTreeMap::new(),
            sections: BTreeSet::new(),
            faults: Vec::new(),
            warnings: Vec::new(),
        };
        match yaml::read(text, file)? {
            Value::Null => {}
            Value::Object(keys) => settings.take_section("", keys),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                return Err(settings.at("", "not a mapping of keys to values"));
            }
        }
        settings.take_environment(environment);
        settings.check();
        Ok(settings)
    }

    /// The text at `path`, or its default.
    pub(super) fn text(&self, path: &'static str) -> Option<&str> {
        let given = self.values.get(path).and_then(|setting| setting.value.as_str());
        given.or_else(|| match keys::find(path)?.shape {
            Shape::Text(default) => default,
            Shape::Address(default) => Some(default),
            Shape::Choice(choices) => choices.first().copied(),
            Shape::Section
            | Shape::Secret
            | Shape::Number { .. }
            | Shape::Flag { .. }
            | Shape::List
            | Shape::Rules
            | Shape::Free => None,
        })
    }

    /// The flag at `path`, or its default.
    pub(super) fn flag(&self, path: &'static str) -> bool {
        let given = self.values.get(path).and_then(|setting| setting.value.as_bool());
        let shape = keys::find(path).map(|key| key.shape);
        given.unwrap_or(matches!(shape, Some(Shape::Flag { default: true })))
    }

    /// The number at `path`, or its default.
    pub(super) fn number(&self, path: &'static str) -> u64 {
        let given = self.values.get(path).and_then(|setting| setting.value.as_u64());
        given.unwrap_or_else(|| limits::default_of(path))
    }

    /// The texts at `path`.
    pub(super) fn list(&self, path: &'static str) -> Vec<String> {
        let items = self.values.get(path).and_then(|setting| setting.value.as_array());
        let texts = items.into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    }

    /// The rules at `path`.
    pub(super) fn rules(&self, path: &'static str) -> Vec<serde_json::Map<String, Value>> {
        let items = self.values.get(path).and_then(|setting| setting.value.as_array());
        items.into_iter().flatten().filter_map(Value::as_object).cloned().collect()
    }

    /// Whether something stands at `path` or under it.
    pub(super) fn is_given(&self, path: &str) -> bool {
        self.values.keys().any(|given| is_within(given, path))
    }

    /// Whether the file has the section `path`, be it empty.
    pub(super) fn has_section(&self, path: &str) -> bool {
        self.sections.contains(path)
    }

    /// Whether what stands at `path` or under it has been found wrong.
    pub(super) fn is_faulty(&self, path: &str) -> bool {
        self.faults.iter().any(|fault| is_within(&fault.place, path))
    }

    /// Notes that what stands at `path` is wrong, where it stands.
    pub(super) fn fault(&mut self, path: &str, reason: impl Into<String>) {
        let fault = self.at(path, reason);
        self.faults.push(fault);
    }

    /// Notes that nothing stands at `path`, unless something wrong did.
    pub(super) fn missing(&mut self, path: &str, reason: impl Into<String>) {
        if !self.is_faulty(path) {
            self.fault(path, reason);
        }
    }

    /// Notes that what stands at `path` is right, but hardly meant.
    pub(super) fn warn(&mut self, path: &str, reason: impl Into<String>) {
        let warning = self.at(path, reason);
        self.warnings.push(warning);
    }

    fn at(&self, path: &str, reason: impl Into<String>) -> Fault {
        // What stands inside of a rule was given where the rules were.
        let key = path.split_once('[').map_or(path, |(key, _)| key);
        let variable = self.values.get(key).and_then(|setting| setting.variable.clone());
        Fault {
            origin: variable.unwrap_or_else(|| self.file.clone()),
            place: path.to_owned(),
            reason: reason.into(),
        }
    }

    fn take_section(&mut self, parent: &str, keys: serde_json::Map<String, Value>) {
        for (name, value) in keys {
            let path = if parent.is_empty() { name } else { format!("{parent}.{name}") };
            // A name with a dot in it would pass for a key one level down.
            let known =
                if path.matches('.').count() == depth(parent) { keys::find(&path) } else { None };
            let Some(key) = known else {
                let near = keys::nearest(&path);
                self.fault(&path, format!("unknown key; the nearest known one is `{near}`"));
                continue;
            };
            if matches!(key.shape, Shape::Section) {
                self.sections.insert(path.clone());
            }
            match (key.shape, value) {
                (Shape::Section, Value::Object(keys)) if !keys.is_empty() => {
                    self.take_section(&path, keys);
                }
                (Shape::Section, Value::Object(_) | Value::Null) => {
                    if let State::NotBuilt { what, .. } = key.state {
                        self.fault(&path, not_built(what));
                    }
                }
                (Shape::Section, _) => self.fault(&path, "not a section of keys"),
                (_, value) => {
                    self.values.insert(path, Setting { value, variable: None });
                }
            }
        }
    }

    fn take_environment(&mut self, environment: &Environment) {
        for (variable, text) in environment.ours() {
            let Some((key, path)) = keys::find_variable(variable) else {
                let near = keys::nearest_variable(variable);
                let reason = format!("no such key; the nearest known variable is `{near}`");
                self.faults.push(of_variable(variable, reason));
                continue;
            };
            let Some(text) = text else {
                self.faults.push(of_variable(variable, "not UTF-8"));
                continue;
            };
            match value_of(key, text) {
                Ok(value) => {
                    let variable = Some(variable.to_owned());
                    self.values.insert(path, Setting { value, variable });
                }
                Err(reason) => {
                    self.faults.push(Fault { place: path, ..of_variable(variable, reason) });
                }
            }
        }
        for (variable, ours) in environment.lakefs() {
            let reason = match ours {
                Some(ours) => format!("not read; here it is `{ours}`"),
                None => "not read; there is nothing like it here".to_owned(),
            };
            self.warnings.push(of_variable(variable, reason));
        }
    }

    /// Holds every value against its row; what does not fit is noted and dropped.
    fn check(&mut self) {
        let mut unfit = Vec::new();
        for (path, setting) in &self.values {
            let Some(key) = keys::find(path) else { continue };
            match judge(key, &setting.value) {
                Verdict::Fits => {}
                Verdict::Warns(text) => self.warnings.push(self.at(path, text)),
                Verdict::Unfit(reason) => unfit.push((path.clone(), reason)),
            }
        }
        for (path, reason) in unfit {
            self.fault(&path, reason);
            self.values.remove(&path);
        }
        self.values.retain(|_, setting| !setting.value.is_null());
    }
}

struct Setting {
    value: Value,
    /// The variable that gave it; without one it is the file's.
    variable: Option<String>,
}

enum Verdict {
    Fits,
    Warns(&'static str),
    Unfit(String),
}

/// How `value` stands to the row `key`.
fn judge(key: &Key, value: &Value) -> Verdict {
    let misshapen = mismatch(key.shape, value);
    match (key.state, misshapen) {
        (State::NotBuilt { neutral, .. }, _) if neutral.holds(value) => Verdict::Fits,
        (State::NotBuilt { what, .. }, None) => match (key.shape, value.as_str()) {
            (Shape::Choice(_), Some(choice)) => {
                Verdict::Unfit(not_built(&format!("{choice}, {what}")))
            }
            _ => Verdict::Unfit(not_built(what)),
        },
        (State::Warned { .. } | State::Built, None) if value.is_null() => Verdict::Fits,
        (State::Warned { neutral, text }, None) if !neutral.holds(value) => Verdict::Warns(text),
        (State::Warned { .. } | State::Built, None) => Verdict::Fits,
        (_, Some(reason)) => Verdict::Unfit(reason),
    }
}

/// Why `value` has not this shape; a null is as good as nothing. The value itself may be a secret, and
/// is not repeated, but for what stands in the place of a choice.
fn mismatch(shape: Shape, value: &Value) -> Option<String> {
    match (shape, value) {
        (Shape::Free, _) | (_, Value::Null) => None,
        (Shape::Text(_) | Shape::Secret | Shape::Address(_), Value::String(_)) => None,
        (
            Shape::Text(_) | Shape::Secret | Shape::Address(_) | Shape::Choice(_),
            Value::Number(_) | Value::Bool(_),
        ) => Some("not a text; put it in quotes".to_owned()),
        (Shape::Text(_) | Shape::Secret | Shape::Address(_), _) => Some("not a text".to_owned()),
        (Shape::Number { min, max, .. }, value) => match value.as_u64() {
            Some(number) if (min..=max).contains(&number) => None,
            Some(_) | None => Some(format!("not a whole number from {min} to {max}")),
        },
        (Shape::Flag { .. }, Value::Bool(_)) => None,
        (Shape::Flag { .. }, _) => Some("neither `true` nor `false`".to_owned()),
        (Shape::List, Value::Array(items)) if items.iter().all(Value::is_string) => None,
        (Shape::List, _) => Some("not a list of texts".to_owned()),
        (Shape::Rules, Value::Array(items)) if items.iter().all(Value::is_object) => None,
        (Shape::Rules, _) => Some("not a list of rules".to_owned()),
        (Shape::Choice(choices), Value::String(text)) if choices.contains(&text.as_str()) => None,
        (Shape::Choice(choices), Value::String(text)) => {
            Some(format!("`{text}` is not one of: {}", choices.join(", ")))
        }
        (Shape::Choice(choices), _) => Some(format!("not one of: {}", choices.join(", "))),
        (Shape::Section, _) => Some("a section; its keys are set one by one".to_owned()),
    }
}

/// The value that the text of a variable stands for.
fn value_of(key: &Key, text: &str) -> Result<Value, String> {
    let as_yaml = || yaml::read(text, "").map_err(|fault| fault.reason);
    match key.shape {
        Shape::Text(_) | Shape::Secret | Shape::Address(_) | Shape::Choice(_) => {
            Ok(Value::String(text.to_owned()))
        }
        Shape::List if text.trim_start().starts_with('[') => as_yaml(),
        Shape::List => Ok(text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect()),
        Shape::Number { .. } | Shape::Flag { .. } | Shape::Rules | Shape::Free => as_yaml(),
        Shape::Section => Err("names a section; its keys are set one by one".to_owned()),
    }
}

fn is_within(given: &str, path: &str) -> bool {
    given.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn depth(parent: &str) -> usize {
    if parent.is_empty() { 0 } else { parent.matches('.').count().saturating_add(1) }
}

fn of_variable(variable: &str, reason: impl Into<String>) -> Fault {
    Fault { origin: variable.to_owned(), place: String::new(), reason: reason.into() }
}

fn not_built(what: &str) -> String {
    format!("not built yet: {what}")
}
