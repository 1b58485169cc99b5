//! Compiled policies: documents judged and made ready to decide by.

use crate::{
    action::SERVICES,
    action_set::ActionSet,
    condition::{Condition, Context},
    document::{Document, Effect, Statement},
    fault::{Fault, Faults, Reason},
    find::Found,
    pattern::Pattern,
    requirement::Target,
    resource::{Arn, Resource},
    text::Text,
};

/// How many statements a document may have.
pub const STATEMENTS_MAX: usize = 10_000;
/// How many actions, and how many resources, a statement may have.
pub const ENTRIES_MAX: usize = 1_000;
/// How long one action or resource may be, in bytes; the longest key has 1 024.
pub const ENTRY_BYTES_MAX: usize = 2_048;

/// A policy ready to decide by. It is compiled once and shared by everyone who has it.
#[derive(Clone, Debug)]
pub struct Policy {
    name: Box<str>,
    rules: Box<[Rule]>,
    pub(crate) found: Found,
}

impl Policy {
    /// Compiles the document of the policy called `name`.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the document (the first hundred faults of it), each with its
    /// place.
    pub fn compile(name: &str, document: &Document) -> Result<Self, Vec<Fault>> {
        let mut faults = Faults::default();
        let mut rules = Vec::with_capacity(document.statement.len());
        faults.within("statement", |faults| {
            faults.count(&document.statement, "statement", STATEMENTS_MAX)?;
            for (index, statement) in document.statement.iter().enumerate() {
                let rule = faults.within(format_args!("[{index}]"), |faults| {
                    Some(Rule::compile(statement, faults))
                });
                rules.extend(rule);
            }
            Some(())
        });
        let found = faults.into_found();
        if !found.is_empty() {
            return Err(found);
        }
        Ok(Self { name: name.into(), found: Found::new(&rules), rules: rules.into() })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its statements, in the order of the document.
    pub(crate) fn rules(&self) -> &[Rule] {
        &self.rules
    }
}

/// One compiled statement.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) effect: Effect,
    actions: ActionSet,
    scopes: Box<[Scope]>,
    conditions: Box<[Condition]>,
}

impl Rule {
    /// The actions it names.
    pub(crate) fn actions(&self) -> &ActionSet {
        &self.actions
    }

    /// The resources it names, in the order of the document.
    pub(crate) fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    /// Its conditions.
    pub(crate) fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    /// Whether all its conditions hold of a request by `user`.
    pub(crate) fn holds(&self, context: &Context<'_>, user: &str) -> bool {
        self.conditions().iter().all(|condition| condition.holds(context, user))
    }

    // What is wrong is noted; the rule of a document with a fault is never used.
    fn compile(statement: &Statement, faults: &mut Faults) -> Self {
        let mut actions = ActionSet::default();
        faults.within(".action", |faults| {
            faults.count(&statement.action, "action", ENTRIES_MAX)?;
            for (index, source) in statement.action.iter().enumerate() {
                let matched = faults.within(format_args!("[{index}]"), |faults| {
                    faults.keep(limit(source).and_then(|()| ActionSet::parse(source)))
                });
                actions.extend(matched.unwrap_or_default());
            }
            Some(())
        });
        let mut scopes = Vec::with_capacity(statement.resource.len());
        faults.within(".resource", |faults| {
            faults.count(&statement.resource, "resource", ENTRIES_MAX)?;
            for (index, source) in statement.resource.iter().enumerate() {
                let parse = |faults: &mut Faults| {
                    faults.keep(limit(source).and_then(|()| Scope::parse(source)))
                };
                // A resource alone is most often written without a list.
                let scope = match statement.resource.len() {
                    1 => parse(faults),
                    _ => faults.within(format_args!("[{index}]"), parse),
                };
                scopes.extend(scope);
            }
            Some(())
        });
        let conditions = faults
            .within(".condition", |faults| {
                Some(Condition::compile_all(&statement.condition, faults))
            })
            .unwrap_or_default();
        Self {
            effect: statement.effect,
            actions,
            scopes: scopes.into(),
            conditions: conditions.into(),
        }
    }
}

/// What one resource of a statement stands for.
#[derive(Clone, Debug)]
pub(crate) enum Scope {
    /// Everything there is, [`Resource::All`] included.
    Everything,
    /// The ARNs of one service whose path matches.
    Arn { service: &'static str, path: Pattern },
}

impl Scope {
    fn parse(source: &str) -> Result<Self, Reason> {
        if source == "*" {
            return Ok(Self::Everything);
        }
        if source.starts_with('[') {
            return Err(Reason::MalformedList(source.to_owned()));
        }
        let malformed = || Reason::MalformedArn(source.to_owned());
        let arn = Arn::split(source).ok_or_else(malformed)?;
        if arn.service.is_empty() || arn.path.is_empty() {
            return Err(malformed());
        }
        let Some(service) = SERVICES.iter().copied().find(|service| *service == arn.service) else {
            return Err(Reason::UnknownArnService { found: arn.service.to_owned() });
        };
        if !arn.account.is_empty() {
            return Err(Reason::Account(arn.account.to_owned()));
        }
        Ok(Self::Arn { service, path: Pattern::parse(arn.path)? })
    }

    /// The plain texts that stand in all it includes.
    pub(crate) fn literals(&self) -> Vec<&str> {
        match self {
            Self::Everything => Vec::new(),
            Self::Arn { path, .. } => path.literals().collect(),
        }
    }

    /// The plain text that stands in `repository/{bucket}/` of all buckets it reaches: what it
    /// begins with, up to the end of a bucket's name.
    pub(crate) fn head(&self) -> Vec<&str> {
        let Self::Arn { path, .. } = self else { return Vec::new() };
        let head = path.head().unwrap_or_default();
        let end =
            head.match_indices('/').nth(1).map_or(head.len(), |(end, _)| end.saturating_add(1));
        head.get(..end).into_iter().collect()
    }

    pub(crate) fn includes(&self, target: &Target, user: &str) -> bool {
        match (self, target) {
            (Self::Everything, _) => true,
            (Self::Arn { .. }, Target::One(Resource::All)) => false,
            (
                Self::Arn { service, path: pattern },
                Target::One(Resource::Arn { service: required, path }),
            ) => service == required && pattern.matches(Text::of(path), user),
            (Self::Arn { .. }, Target::Listing { bucket, prefix }) => {
                self.includes_bucket(bucket, user) || self.includes_keys(bucket, prefix, user)
            }
        }
    }

    pub(crate) fn includes_bucket(&self, bucket: &str, user: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Arn { service, path } => {
                *service == FS && path.matches(Text::bucket(bucket), user)
            }
        }
    }

    // No key is empty: under the empty prefix there is always one more character.
    fn includes_keys(&self, bucket: &str, prefix: &str, user: &str) -> bool {
        let keys = Text::listing(bucket, prefix);
        match self {
            Self::Everything => true,
            Self::Arn { service, path } if prefix.is_empty() => {
                *service == FS && path.covers_beyond(keys, user)
            }
            Self::Arn { service, path } => *service == FS && path.covers(keys, user),
        }
    }

    pub(crate) fn reaches_bucket(&self, bucket: &str, user: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Arn { service, path } => {
                *service == FS
                    && (path.matches(Text::bucket(bucket), user)
                        || path.reaches(Text::within(bucket), user))
            }
        }
    }
}

pub(crate) fn limit(source: &str) -> Result<(), Reason> {
    if source.len() > ENTRY_BYTES_MAX { Err(Reason::TooLong(ENTRY_BYTES_MAX)) } else { Ok(()) }
}

const FS: &str = "fs";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        action::ACTIONS,
        decide::{Subject, decide},
        requirement::Requirement,
    };

    fn faults(statement: &str) -> Vec<String> {
        let document = serde_json::from_str(&format!(r#"{{"statement":[{statement}]}}"#)).unwrap();
        Policy::compile("P", &document)
            .err()
            .unwrap_or_default()
            .iter()
            .map(Fault::to_string)
            .collect()
    }

    fn resource_faults(resource: &str) -> Vec<String> {
        faults(&format!(r#"{{"effect":"deny","action":"fs:*","resource":{resource}}}"#))
    }

    fn condition_faults(condition: &str) -> Vec<String> {
        faults(&format!(
            r#"{{"effect":"deny","action":"fs:*","resource":"*","condition":{condition}}}"#
        ))
    }

    #[test]
    fn every_fault_is_told_at_once_each_with_its_place() {
        let found = faults(
            r#"{"effect":"allow","action":["fs:ReadObject","fs:ReadObjct"],"resource":["*","lake"],
                "condition":{"IpAddress":{"SourceIp":["10.0.0.0/8","10.0.0.0/33"]},"NumericEquals":{"SourceIp":["a"]}}}"#,
        );
        assert_eq!(
            found,
            [
                "statement[0].action[1]: unknown action `fs:ReadObjct`; the nearest known one is `fs:ReadObject`",
                "statement[0].resource[1]: `lake` is neither `*` nor an ARN, such as `arn:lakefs:fs:::repository/lake/object/*`",
                "statement[0].condition.IpAddress.SourceIp[1]: `10.0.0.0/33` is neither an IP address nor a CIDR, such as `10.0.0.0/8`",
                "statement[0].condition.NumericEquals.SourceIp[0]: `a` is not a decimal number, such as `-12` or `0.5`",
            ]
        );
    }

    #[test]
    fn a_document_without_statements_and_a_statement_without_entries_are_refused() {
        assert_eq!(faults(""), ["statement: at least one statement is needed"]);
        assert_eq!(
            faults(r#"{"effect":"allow","action":[],"resource":[]}"#),
            [
                "statement[0].action: at least one action is needed",
                "statement[0].resource: at least one resource is needed"
            ]
        );
        assert_eq!(
            condition_faults(r#"{"IpAddress":{}}"#),
            ["statement[0].condition.IpAddress: at least one key is needed"]
        );
        assert_eq!(
            condition_faults(r#"{"IpAddress":{"SourceIp":[]}}"#),
            ["statement[0].condition.IpAddress.SourceIp: at least one value is needed"]
        );
        assert!(condition_faults("{}").is_empty());
    }

    #[test]
    fn h03_h06_a_deny_that_could_not_be_read_is_never_stored() {
        assert_eq!(
            resource_faults(r#""arn:lakefs:fs:::repository/${aws:username}/*""#),
            ["statement[0].resource: unknown variable `${aws:username}`; known is `${user}`"]
        );
        assert_eq!(
            resource_faults(r#""arn:lakefs:fs:::repository/${user""#),
            ["statement[0].resource: a variable without its closing `}`"]
        );
        for resource in [
            "",
            "lake",
            "arn:aws:s3:::lake",
            "arn:lakefs:fs:::",
            "arn:lakefs::::a",
            "arn:lakefs:fs:::*:",
            "**",
        ] {
            let found = resource_faults(&format!("{resource:?}"));
            assert_eq!(found.is_empty(), resource == "arn:lakefs:fs:::*:", "{resource} {found:?}");
        }
    }

    #[test]
    fn an_arn_that_would_match_nothing_is_refused() {
        assert_eq!(
            resource_faults(r#""arn:lakefs:s3:::repository/lake""#),
            [
                "statement[0].resource: unknown service `s3` of an ARN; known are `fs`, `auth`, `ci`, `retention`, `branches`, `pr`, `catalog`"
            ]
        );
        assert_eq!(
            resource_faults(r#""arn:lakefs:fs::1234:repository/lake""#),
            [
                "statement[0].resource: the account `1234` makes this ARN match nothing: leave it empty"
            ]
        );
    }

    #[test]
    fn h12_a_string_that_looks_like_a_list_and_is_none_is_refused() {
        assert_eq!(
            resource_faults(r#""[*""#),
            ["statement[0].resource: `[*` is not a JSON list of strings"]
        );
        assert_eq!(
            resource_faults(r#""[1]""#),
            ["statement[0].resource: `[1]` is not a JSON list of strings"]
        );
        assert_eq!(
            resource_faults(r#"["*", "[\"*\"]"]"#),
            [r#"statement[0].resource[1]: `["*"]` is not a JSON list of strings"#]
        );
        assert!(resource_faults(r#""[\"*\", \"arn:lakefs:fs:::*\"]""#).is_empty());
    }

    #[test]
    fn h11_a_document_has_limits() {
        let statement = Statement {
            action: vec!["fs:*".to_owned()],
            effect: Effect::Allow,
            resource: vec!["*".to_owned()],
            condition: crate::document::Conditions::new(),
        };
        let compile = |document: &Document| {
            Policy::compile("P", document)
                .map_err(|faults| faults.iter().map(Fault::to_string).collect::<Vec<_>>())
        };
        let mut document = Document { statement: vec![statement.clone(); STATEMENTS_MAX] };
        compile(&document).unwrap();
        document.statement.push(statement.clone());
        assert_eq!(compile(&document).unwrap_err(), ["statement: statements are limited to 10000"]);

        let document = Document {
            statement: vec![Statement {
                action: vec!["fs:*".to_owned(); ENTRIES_MAX + 1],
                resource: vec![format!("arn:lakefs:fs:::{}", "a".repeat(ENTRY_BYTES_MAX))],
                ..statement
            }],
        };
        assert_eq!(
            compile(&document).unwrap_err(),
            [
                "statement[0].action: actions are limited to 1000",
                "statement[0].resource: this is longer than 2048 bytes"
            ]
        );
    }

    #[test]
    fn h11_a_document_of_nothing_but_faults_is_refused_with_a_hundred() {
        let statement = Statement {
            action: vec!["x".to_owned(); ENTRIES_MAX],
            effect: Effect::Allow,
            resource: vec!["x".to_owned()],
            condition: crate::document::Conditions::new(),
        };
        let found =
            Policy::compile("P", &Document { statement: vec![statement; 100] }).unwrap_err();
        assert_eq!(found.len(), 100);
    }

    #[test]
    fn every_known_action_can_be_allowed_by_name() {
        for action in ACTIONS {
            let document = serde_json::from_str(&format!(
                r#"{{"statement":[{{"effect":"allow","action":"{action}","resource":"*"}}]}}"#
            ))
            .unwrap();
            let policies = [std::sync::Arc::new(Policy::compile("P", &document).unwrap())];
            for other in ACTIONS {
                let requirement = Requirement::new(*other, Resource::All);
                let decision = decide(
                    &Subject { user: "alice", policies: &policies },
                    &requirement,
                    &Context::default(),
                );
                assert_eq!(decision.is_allow(), action == other);
            }
        }
    }
}
