//! Policy documents as people write them, in the shape of lakeFS.

use std::{collections::BTreeMap, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, SeqAccess, Visitor},
};

use crate::{
    Policy,
    fault::{Fault, Reason},
    scalar::Values,
};

/// A policy document, read but not yet judged: [`Policy::compile`](crate::Policy::compile) says
/// what is wrong with it.
///
/// Unknown fields, duplicate keys and effects other than `allow` and `deny` are refused already
/// when it is read; of a [`Draft`], the effect is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// What is allowed and denied; their order does not matter.
    pub statement: Vec<Statement>,
}

/// One statement: `effect` for these actions on these resources, where the condition holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement<E = Effect> {
    /// Names or patterns of actions, such as `fs:Read*`. Read from a string or a list, written as a
    /// list.
    #[serde(deserialize_with = "one_or_many")]
    pub action: Vec<String>,
    /// What the statement does.
    pub effect: E,
    /// `*` or patterns of ARNs. Read from a string, a list or, as in lakeFS, a string that holds a
    /// JSON list; written as a string.
    #[serde(deserialize_with = "resources", serialize_with = "one_string")]
    pub resource: Vec<String>,
    /// When the statement applies; empty for always.
    #[serde(default, deserialize_with = "conditions", skip_serializing_if = "BTreeMap::is_empty")]
    pub condition: Conditions,
}

/// A statement as somebody wrote it, whose effect may be any text: so that it is judged with everything else.
pub type Draft = Statement<String>;

impl Document {
    /// The document that `drafts` are.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them, as [`Policy::compile`] tells it, effects included.
    pub fn of_drafts(drafts: &[Draft]) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let effect = |index, text: &str| {
            let known = Effect::ALL.into_iter().find(|effect| effect.name() == text);
            known.ok_or_else(|| Fault {
                path: format!("statement[{index}].effect"),
                reason: Reason::UnknownEffect(text.to_owned()).to_string(),
            })
        };
        let mut statement = Vec::with_capacity(drafts.len());
        for (index, draft) in drafts.iter().enumerate() {
            // What else is wrong with a statement does not hang on its effect.
            let effect = effect(index, &draft.effect).unwrap_or_else(|fault| {
                faults.push(fault);
                Effect::Deny
            });
            let Draft { action, resource, condition, .. } = draft.clone();
            statement.push(Statement { action, effect, resource, condition });
        }
        let document = Self { statement };
        faults.extend(Policy::compile("", &document).err().into_iter().flatten());
        if faults.is_empty() { Ok(document) } else { Err(faults) }
    }
}

impl From<&Statement> for Draft {
    fn from(statement: &Statement) -> Self {
        let Statement { action, effect, resource, condition } = statement.clone();
        Self { action, effect: effect.to_string(), resource, condition }
    }
}

/// Values by key by operator: all operators and keys must hold, each with one of its values.
pub type Conditions = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// What a statement does where it applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// It allows, unless another statement denies.
    Allow,
    /// It denies, whatever else allows.
    Deny,
}

impl Effect {
    const ALL: [Self; 2] = [Self::Allow, Self::Deny];

    fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    OneOrMany::deserialize(deserializer).map(|OneOrMany(strings)| strings)
}

// A string that begins with `[` and holds no JSON list stays as it is, and is refused for what it
// is when compiled.
fn resources<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    deserializer.deserialize_any(Strings { lists_in_strings: true })
}

// Only a string that is no list may stand alone, else it would be read back as one.
fn one_string<S: Serializer>(resources: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    match resources {
        [resource] if !resource.starts_with('[') => serializer.serialize_str(resource),
        _ => serializer
            .serialize_str(&serde_json::to_string(resources).map_err(serde::ser::Error::custom)?),
    }
}

fn conditions<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Conditions, D::Error> {
    let operators = Option::<Unique<Unique<Values>>>::deserialize(deserializer)?;
    let values = |Unique(keys): Unique<Values>| {
        keys.into_iter().map(|(key, Values(values))| (key, values)).collect()
    };
    let operators = operators.map(|Unique(operators)| operators).unwrap_or_default();
    Ok(operators.into_iter().map(|(operator, keys)| (operator, values(keys))).collect())
}

/// A string, or a list of them.
struct OneOrMany(Vec<String>);

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Strings { lists_in_strings: false }).map(Self)
    }
}

struct Strings {
    lists_in_strings: bool,
}

impl<'de> Visitor<'de> for Strings {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or a list of strings")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        if self.lists_in_strings
            && text.starts_with('[')
            && let Ok(list) = serde_json::from_str(text)
        {
            return Ok(list);
        }
        Ok(vec![text.to_owned()])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut strings = Vec::new();
        while let Some(string) = list.next_element()? {
            strings.push(string);
        }
        Ok(strings)
    }
}

/// A map in which no key may stand twice. The operator `Null` may stand there without quotes, which is YAML's null.
struct Unique<V>(BTreeMap<String, V>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Unique<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(UniqueKeys(PhantomData)).map(Self)
    }
}

struct UniqueKeys<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for UniqueKeys<V> {
    type Value = BTreeMap<String, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut unique = BTreeMap::new();
        while let Some(key) = entries.next_key::<Option<String>>()? {
            let key = key.unwrap_or_else(|| "Null".to_owned());
            if unique.contains_key(&key) {
                return Err(de::Error::custom(format_args!("duplicate field `{key}`")));
            }
            unique.insert(key, entries.next_value()?);
        }
        Ok(unique)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_value(operator: &str, value: &str) -> Result<Vec<String>, String> {
        let condition = format!(r#"{{"{operator}":{{"CurrentTime":{value}}}}}"#);
        let document = read(&format!(
            r#"{{"statement":[{{"action":"fs:*","effect":"deny","resource":"*","condition":{condition}}}]}}"#
        ))?;
        Ok(document.statement[0].condition[operator]["CurrentTime"].clone())
    }

    #[test]
    fn a_value_is_read_without_quotes_as_it_stands() {
        for value in ["true", "false", "5", "-12", "0", "1.5", "-0.25", "18446744073709551615"] {
            assert_eq!(with_value("Bool", value).as_deref(), Ok(&[value.to_owned()][..]));
            let list = format!(r#"["a",{value}]"#);
            let values = with_value("Bool", &list).unwrap();
            assert_eq!(values, ["a", value], "{list}");
        }
        assert_eq!(with_value("Bool", "1e3").unwrap(), ["1000"]);
    }

    #[test]
    fn a_number_that_is_not_read_exactly_is_refused() {
        for value in ["1234567890123456789012", "0.12345678901234567", "-9007199254740993.5"] {
            let refusal = with_value("NumericEquals", value).unwrap_err();
            assert!(refusal.contains("write it in quotes"), "{value}: {refusal}");
        }
        for value in ["null", "{}", "[null]", "[[1]]", "[{}]"] {
            with_value("NumericEquals", value).unwrap_err();
        }
    }

    #[test]
    fn only_values_of_conditions_are_read_without_quotes() {
        for statement in [
            r#"{"action":5,"effect":"deny","resource":"*"}"#,
            r#"{"action":["fs:*",true],"effect":"deny","resource":"*"}"#,
            r#"{"action":"fs:*","effect":"deny","resource":5}"#,
            r#"{"action":"fs:*","effect":"deny","resource":["*",5]}"#,
        ] {
            read(&format!(r#"{{"statement":[{statement}]}}"#)).unwrap_err();
        }
    }

    fn read(json: &str) -> Result<Document, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    fn with_resource(resource: &str) -> Document {
        read(&format!(
            r#"{{"statement":[{{"action":["fs:*"],"effect":"allow","resource":{resource}}}]}}"#
        ))
        .unwrap()
    }

    #[test]
    fn a_document_is_written_in_the_shape_of_lakefs() {
        let json = concat!(
            r#"{"statement":[{"action":["fs:*"],"effect":"deny","resource":"*","#,
            r#""condition":{"IpAddress":{"SourceIp":["10.0.0.0/8"]}}}]}"#
        );
        assert_eq!(serde_json::to_string(&read(json).unwrap()).unwrap(), json);
    }

    #[test]
    fn h11_duplicate_keys_are_refused() {
        for json in [
            r#"{"statement":[],"statement":[]}"#,
            r#"{"statement":[{"action":["fs:*"],"effect":"deny","effect":"allow","resource":"*"}]}"#,
            r#"{"statement":[{"action":["fs:*"],"effect":"deny","resource":"*","condition":{"IpAddress":{},"IpAddress":{}}}]}"#,
            r#"{"statement":[{"action":["fs:*"],"effect":"deny","resource":"*","condition":{"IpAddress":{"SourceIp":[],"SourceIp":[]}}}]}"#,
        ] {
            assert!(read(json).unwrap_err().contains("duplicate field"), "{json}");
        }
    }

    #[test]
    fn h11_unknown_fields_comments_and_marks_are_refused() {
        for json in [
            r#"{"statement":[],"version":1}"#,
            r#"{"statement":[{"action":["fs:*"],"effect":"allow","resource":"*","principal":"*"}]}"#,
            r#"{"statement":[]} // all"#,
            "\u{feff}{\"statement\":[]}",
            r#"{"statement":[]}{}"#,
        ] {
            read(json).unwrap_err();
        }
    }

    #[test]
    fn an_effect_is_allow_or_deny_in_lower_case() {
        for effect in [r#""Deny""#, r#""DENY""#, r#""permit""#, r#""""#, "null", "true"] {
            read(&format!(
                r#"{{"statement":[{{"action":["fs:*"],"effect":{effect},"resource":"*"}}]}}"#
            ))
            .unwrap_err();
        }
    }

    #[test]
    fn the_effects_of_drafts_are_judged_with_everything_else() {
        let draft = |effect: &str, action: &str| Draft {
            action: vec![action.to_owned()],
            effect: effect.to_owned(),
            resource: vec!["*".to_owned()],
            condition: Conditions::new(),
        };
        let told = |drafts: &[Draft]| {
            let faults = Document::of_drafts(drafts).unwrap_err();
            faults.iter().map(Fault::to_string).collect::<Vec<_>>()
        };
        let good = [draft("allow", "fs:*"), draft("deny", "fs:ReadObject")];
        let document = Document::of_drafts(&good).unwrap();
        assert_eq!(document.statement.iter().map(Draft::from).collect::<Vec<_>>(), good);
        let [first, second, third] =
            &told(&[draft("Allow", "fs:ReadObjekt"), draft("", "fs:*")])[..]
        else {
            panic!("three faults")
        };
        assert_eq!(first, "statement[0].effect: `Allow` is no effect: write `allow` or `deny`");
        assert!(second.starts_with("statement[1].effect: ``"), "{second}");
        assert!(third.starts_with("statement[0].action[0]: unknown action"), "{third}");
        assert_eq!(told(&[]), ["statement: at least one statement is needed"]);
    }

    #[test]
    fn h12_every_form_of_a_resource_reads_the_same() {
        let one = with_resource(r#""*""#);
        for form in [r#"["*"]"#, r#""[\"*\"]""#] {
            assert_eq!(with_resource(form), one);
        }
        let two = with_resource(r#""[\"arn:a\", \"arn:b\"]""#);
        assert_eq!(two.statement[0].resource, ["arn:a", "arn:b"]);
        assert_eq!(with_resource(r#"["arn:a","arn:b"]"#), two);
    }

    #[test]
    fn h12_what_is_written_is_read_back_the_same() {
        for form in [r#""*""#, r#"["a","b"]"#, r#""[a""#, r#"["[\"a\"]"]"#, "[]", r#""[1]""#] {
            let document = with_resource(form);
            assert_eq!(read(&serde_json::to_string(&document).unwrap()), Ok(document), "{form}");
        }
    }

    #[test]
    fn h12_an_action_or_a_value_alone_reads_as_a_list_of_one() {
        let document = read(
            r#"{"statement":[{"action":"fs:*","effect":"deny","resource":"*","condition":{"IpAddress":{"SourceIp":"::1"}}}]}"#,
        )
        .unwrap();
        assert_eq!(document.statement[0].action, ["fs:*"]);
        assert_eq!(document.statement[0].condition["IpAddress"]["SourceIp"], ["::1"]);
    }

    #[test]
    fn a_condition_of_null_is_none() {
        let document = read(
            r#"{"statement":[{"action":"fs:*","effect":"deny","resource":"*","condition":null}]}"#,
        )
        .unwrap();
        assert!(document.statement[0].condition.is_empty());
    }
}
