//! The rules under `cors`, each fault with its path in them.

use std::time::Duration;

use http::{HeaderName, Method};
use proxy::{CORS_METHODS, Cors, CorsRule, HeaderPattern, OriginPattern};
use serde_json::{Map, Value};

use super::settings::Settings;

/// The rules; what is wrong in them leaves faults.
pub(super) fn cors(settings: &mut Settings) -> Cors {
    let rules = settings.rules(KEY);
    if rules.len() > RULES_MAX {
        settings.fault(KEY, format!("more than {RULES_MAX} rules"));
        return Cors::default();
    }
    let rules = rules.iter().enumerate();
    Cors::new(rules.map(|(at, given)| rule(settings, &format!("{KEY}[{at}]"), given)).collect())
}

fn rule(settings: &mut Settings, path: &str, given: &Map<String, Value>) -> CorsRule {
    for name in given.keys().filter(|name| !NAMES.contains(&name.as_str())) {
        let near = NAMES.iter().min_by_key(|known| strsim::osa_distance(name, known));
        let near = near.copied().unwrap_or_default();
        let reason = format!("unknown key; the nearest known one is `{near}`");
        settings.fault(&format!("{path}.{name}"), reason);
    }
    let mut list = List { settings, path, given };
    let origins = list.read("origins", OriginPattern::parse);
    let methods = list.read("methods", method);
    let headers = list.read("headers", HeaderPattern::parse);
    let expose = list.read("expose", exposed);
    for (name, is_empty) in [("origins", origins.is_empty()), ("methods", methods.is_empty())] {
        let path = format!("{path}.{name}");
        if is_empty && !has_fault(settings, &path) {
            settings.fault(&path, "missing, or empty: the rule would match nothing");
        }
    }
    for (at, _) in origins.iter().enumerate().filter(|(_, origin)| origin.is_loose()) {
        settings.warn(&format!("{path}.origins[{at}]"), LOOSE);
    }
    let max_age = max_age(settings, &format!("{path}.max_age_s"), given.get("max_age_s"));
    CorsRule { origins, methods, headers, expose, max_age }
}

/// The lists of one rule.
struct List<'a> {
    settings: &'a mut Settings,
    path: &'a str,
    given: &'a Map<String, Value>,
}

impl List<'_> {
    /// The entries under `name`, as `parse` reads them; those that it does not leave a fault each.
    fn read<T>(&mut self, name: &str, parse: fn(&str) -> Result<T, &'static str>) -> Vec<T> {
        let path = format!("{}.{name}", self.path);
        let entries = match self.given.get(name) {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::Array(entries)) if entries.len() <= ENTRIES_MAX => entries,
            Some(Value::Array(_)) => {
                self.settings.fault(&path, format!("more than {ENTRIES_MAX} entries"));
                return Vec::new();
            }
            Some(_) => {
                self.settings.fault(&path, "not a list of texts");
                return Vec::new();
            }
        };
        let mut read = Vec::with_capacity(entries.len());
        for (at, entry) in entries.iter().enumerate() {
            match entry.as_str().ok_or("not a text").and_then(parse) {
                Ok(entry) => read.push(entry),
                Err(reason) => self.settings.fault(&format!("{path}[{at}]"), reason),
            }
        }
        read
    }
}

fn method(text: &str) -> Result<Method, &'static str> {
    CORS_METHODS.into_iter().find(|method| method.as_str() == text).ok_or(NOT_A_METHOD)
}

fn exposed(text: &str) -> Result<HeaderName, &'static str> {
    if text.contains('*') {
        return Err("no `*` here: each header is named");
    }
    HeaderName::from_bytes(text.as_bytes()).map_err(|_| "not the name of a header")
}

fn max_age(settings: &mut Settings, path: &str, given: Option<&Value>) -> Option<Duration> {
    let given = given.filter(|value| !value.is_null())?;
    let age = given.as_u64().filter(|age| *age <= MAX_AGE_S_MAX).map(Duration::from_secs);
    if age.is_none() {
        settings.fault(path, format!("not a whole number from 0 to {MAX_AGE_S_MAX}"));
    }
    age
}

fn has_fault(settings: &Settings, path: &str) -> bool {
    settings.faults.iter().any(|fault| fault.place.starts_with(path))
}

const KEY: &str = "cors";

const NAMES: [&str; 5] = ["origins", "methods", "headers", "expose", "max_age_s"];

const NOT_A_METHOD: &str = "not one of: GET, PUT, POST, DELETE, HEAD";

const LOOSE: &str = "its `*` stands for part of a host's name, so that it matches hosts of others, too: `https://*.example.com` \
     and `https://app.example.com` do not";

/// As many as S3 takes.
const RULES_MAX: usize = 100;

/// In each list of a rule.
const ENTRIES_MAX: usize = 100;

/// What browsers cut it to, and more.
const MAX_AGE_S_MAX: u64 = 86_400;
