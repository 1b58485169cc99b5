//! A profile in the two files of the AWS CLI.

use std::{
    collections::HashMap,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use configparser::ini::{Ini, IniDefault};
use sigv::SecretKey;
use zeroize::Zeroizing;

use super::{Credential, Found, Variables, fault};
use crate::config::Fault;

/// Where the two files are, where anything says so.
pub(super) struct Files {
    credentials: Option<PathBuf>,
    config: Option<PathBuf>,
}

/// What both files say of one profile.
///
/// Values may be secrets, so that it has no `Debug`.
pub(super) struct Profile {
    name: String,
    credentials: Section,
    config: Section,
}

/// What one file says of it.
struct Section {
    file: Option<PathBuf>,
    /// Nothing where the file has no such profile.
    keys: Option<HashMap<String, Zeroizing<String>>>,
}

impl Files {
    pub(super) fn named_by(variables: &Variables) -> Self {
        Self {
            credentials: variables.file(CREDENTIALS_VARIABLE, "credentials"),
            config: variables.file(CONFIG_VARIABLE, "config"),
        }
    }
}

impl fmt::Display for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let credentials = shown(self.credentials.as_deref(), CREDENTIALS_VARIABLE);
        write!(f, "{} or {credentials}", shown(self.config.as_deref(), CONFIG_VARIABLE))
    }
}

impl Profile {
    /// The profile `name`. A file that is not there has no profiles.
    pub(super) fn read(files: &Files, name: &str) -> Result<Self, Vec<Fault>> {
        let credentials = Section::read(files.credentials.as_deref(), |title| title == name);
        let config = Section::read(files.config.as_deref(), |title| match profile_of(title) {
            Some(profile) => profile == name,
            None => name == "default" && title == name,
        });
        match (credentials, config) {
            (Ok(credentials), Ok(config)) => {
                Ok(Self { name: name.to_owned(), credentials, config })
            }
            (credentials, config) => {
                Err([credentials.err(), config.err()].into_iter().flatten().collect())
            }
        }
    }

    /// Whether either file has it.
    pub(super) fn is_there(&self) -> bool {
        self.sections().iter().any(|section| section.keys.is_some())
    }

    /// The value of `key`; that of the credentials' file counts first.
    pub(super) fn get(&self, key: &str) -> Option<Found> {
        self.sections().iter().find_map(|section| section.get(&self.name, key))
    }

    /// The access key in the first file that has its public half.
    pub(super) fn credential(&self) -> Result<Option<Credential>, Fault> {
        for section in self.sections() {
            let Some(access_key_id) = section.get(&self.name, "aws_access_key_id") else {
                continue;
            };
            let Some(secret) = section.get(&self.name, "aws_secret_access_key") else {
                return Err(access_key_id.fault("aws_secret_access_key is missing beside it"));
            };
            let secret = SecretKey::new(secret.text.as_bytes());
            let session_token = section.get(&self.name, "aws_session_token");
            return Ok(Some(Credential { access_key_id, secret, session_token }));
        }
        Ok(None)
    }

    /// Where its access key would stand, in words.
    pub(super) fn credentials_place(&self) -> String {
        self.place(&self.credentials, CREDENTIALS_VARIABLE)
    }

    /// Where all else of it would stand, in words.
    pub(super) fn config_place(&self) -> String {
        self.place(&self.config, CONFIG_VARIABLE)
    }

    fn place(&self, section: &Section, variable: &str) -> String {
        format!("profile `{}` of {}", self.name, shown(section.file.as_deref(), variable))
    }

    fn sections(&self) -> [&Section; 2] {
        [&self.credentials, &self.config]
    }
}

impl Section {
    /// What `file` has under the titles that are `wanted`.
    fn read(file: Option<&Path>, wanted: impl Fn(&str) -> bool) -> Result<Self, Fault> {
        let Some(path) = file else { return Ok(Self { file: None, keys: None }) };
        let at = |reason| fault(&path.display().to_string(), reason);
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if is_absence(&error) => String::new(),
            Err(error) => return Err(at(format!("cannot be read: {error}"))),
        };
        let mut ini = Ini::new_from_defaults(grammar());
        let titles = ini.read(text);
        let titles = titles.map_err(|told| at(format!("not a file of profiles: {told}")))?;
        let mut titles: Vec<_> = titles.into_iter().filter(|(title, _)| wanted(title)).collect();
        // In this order `profile default` counts before `default`.
        titles.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let mut keys = None;
        for (_, found) in titles {
            let found = found.into_iter().filter_map(|(key, value)| {
                let value = value.filter(|value| !value.is_empty())?;
                Some((key.to_ascii_lowercase(), Zeroizing::new(value)))
            });
            keys.get_or_insert_with(HashMap::new).extend(found);
        }
        Ok(Self { file: Some(path.to_owned()), keys })
    }

    fn get(&self, profile: &str, key: &str) -> Option<Found> {
        let text = self.keys.as_ref()?.get(key)?.clone();
        let origin = self.file.as_ref()?.display().to_string();
        Some(Found { text, origin, place: format!("profile `{profile}`: {key}") })
    }
}

/// The grammar of Python's `RawConfigParser`, with which the AWS CLI reads them: a value goes to the end of its line,
/// `#` and `;` in it included; lines that are indented further belong to the one above.
fn grammar() -> IniDefault {
    let mut grammar = IniDefault::default();
    grammar.default_section = String::new();
    grammar.case_sensitive = true;
    grammar.multiline = true;
    grammar.enable_inline_comments = false;
    grammar
}

/// Whether there is no such file, or no folder that it could be in.
fn is_absence(error: &io::Error) -> bool {
    [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&error.kind())
}

/// `x` of the titles `profile x` and `profile "x"`.
fn profile_of(title: &str) -> Option<&str> {
    let rest = title.strip_prefix("profile")?;
    let name = rest.trim_start();
    let is_apart = name.len() < rest.len();
    let unquoted =
        ['"', '\''].iter().find_map(|quote| name.strip_prefix(*quote)?.strip_suffix(*quote));
    is_apart.then_some(unquoted.unwrap_or(name))
}

fn shown(file: Option<&Path>, variable: &str) -> String {
    match file {
        Some(path) => format!("`{}`", path.display()),
        None => format!("the file that {variable} names"),
    }
}

const CONFIG_VARIABLE: &str = "AWS_CONFIG_FILE";
const CREDENTIALS_VARIABLE: &str = "AWS_SHARED_CREDENTIALS_FILE";
