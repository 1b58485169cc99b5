//! Random requests, each with the questions that the simulator is asked for it.

use std::net::SocketAddr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::harness::{
    deletion::{content_md5, document},
    dice::Dice,
    pattern::sha256,
    sign::{Draft, Signed},
};

use super::people::Person;

/// A request, and what is asked for it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) kind: &'static str,
    method: &'static str,
    target: String,
    headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
    pub(crate) answers: Answers,
    /// Action and resource of each question.
    pub(crate) questions: Vec<(String, String)>,
    /// What is known of the request.
    context: Map<String, Value>,
}

/// What an answer of the gateway says to the questions.
#[derive(Clone, Debug)]
pub(crate) enum Answers {
    /// Yes to all of them, or no to one at least.
    Together,
    /// Which of these keys may be deleted, one a question.
    Keys(Vec<String>),
    /// Which of the buckets are shown, one a question.
    Buckets,
}

/// An operation on an object: its name, its method, its query, and how it is asked about without and with a version.
type Verb = (&'static str, &'static str, &'static str, &'static str, Option<&'static str>);

impl Asked {
    pub(crate) fn random(dice: &mut Dice, people: &[Person]) -> Self {
        let mut asked = match dice.below(10) {
            0..4 => Self::object(dice, people),
            4..6 => Self::listing(dice, people),
            6 => Self::bucket(dice),
            7 => Self::copy(dice, people),
            8 => Self::deletion(dice, people),
            _ => Self::buckets(),
        };
        asked.note("SecureTransport", false);
        let address = dice.one_of(&["127.0.0.1", "10.1.2.3", "192.0.2.7", "2001:db8::1"]);
        asked.note("SourceIp", address);
        if address != "127.0.0.1" {
            asked.headers.push(("x-forwarded-for", address.to_owned()));
        }
        let agent = dice.one_of(&["", "Spark/3.5", "curl/8", "aws-cli/2"]);
        if !agent.is_empty() {
            asked.note("UserAgent", agent);
            asked.headers.push(("user-agent", agent.to_owned()));
        }
        asked
    }

    /// As `person` sends it.
    pub(crate) fn sign(&self, person: &Person, address: SocketAddr) -> Signed {
        let mut draft = Draft::new(&person.key, self.method, &self.target)
            .header("content-length", self.body.len().to_string());
        if !self.body.is_empty() {
            draft.payload = sha256(self.body.as_bytes());
            draft = draft.header("content-md5", content_md5(self.body.as_bytes()));
        }
        for (name, value) in &self.headers {
            draft = draft.header(name, value);
        }
        draft.sign(address)
    }

    /// A case for `policy test` of the question of this index.
    pub(crate) fn case(&self, person: &Person, question: usize, expect: &str) -> Value {
        let (action, resource) = &self.questions[question];
        let (user, context) = (&person.name, &self.context);
        json!({"user": user, "action": action, "resource": resource, "context": context, "expect": expect})
    }

    /// The words of a question on a command line.
    pub(crate) fn words(&self, question: usize) -> Vec<String> {
        let (action, resource) = &self.questions[question];
        let mut words = vec![action.clone(), resource.clone()];
        for (key, value) in &self.context {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            words.extend(["--context".to_owned(), format!("{key}={value}")]);
        }
        words
    }

    fn new(kind: &'static str, method: &'static str, target: String) -> Self {
        Self {
            kind,
            method,
            target,
            headers: Vec::new(),
            body: String::new(),
            answers: Answers::Together,
            questions: Vec::new(),
            context: Map::new(),
        }
    }

    fn asking(mut self, action: &str, resource: &str) -> Self {
        self.questions.push((action.to_owned(), resource.to_owned()));
        self
    }

    fn note(&mut self, key: &str, value: impl Into<Value>) {
        self.context.insert(key.to_owned(), value.into());
    }

    fn object(dice: &mut Dice, people: &[Person]) -> Self {
        let (kind, method, query, current, version) = dice.one_of(VERBS);
        let (bucket, key) = (dice.one_of(BUCKETS), key(dice, people));
        let version = version.filter(|_| dice.below(3) == 0);
        let queries = [query, version.map_or("", |_| "versionId=v1")];
        let queries: Vec<_> = queries.into_iter().filter(|one| !one.is_empty()).collect();
        let target = format!("/{bucket}/{}?{}", encoded(&key), queries.join("&"));
        let mut asked = Self::new(kind, method, target.trim_end_matches('?').to_owned());
        if method == "PUT" && query == "tagging" {
            asked.body.push_str("<Tagging><TagSet/></Tagging>");
        }
        let action = version.unwrap_or(current);
        if action.starts_with("fs:") {
            asked.asking(action, &arn(bucket, &key))
        } else {
            asked.asking(action, &format!("s3://{bucket}/{key}"))
        }
    }

    fn listing(dice: &mut Dice, people: &[Person]) -> Self {
        let (kind, query) = dice.one_of(&[
            ("ListObjectsV2", "list-type=2"),
            ("ListObjectsV2", "list-type=2"),
            ("ListObjects", "max-keys=5"),
            ("ListObjectVersions", "versions"),
            ("ListMultipartUploads", "uploads"),
        ]);
        let bucket = dice.one_of(BUCKETS);
        let mut asked = Self::new(kind, "GET", format!("/{bucket}?{query}"));
        let mut resource = format!("s3://{bucket}");
        if dice.below(4) > 0 {
            let home = format!("home/{}/", dice.one_of(people).name);
            let prefix = dice.one_of(&[PREFIXES, &[home.as_str()]].concat()).to_owned();
            asked.target.extend(["&prefix=", &encoded(&prefix)]);
            // It stands in the question's words, or beside them.
            if dice.below(2) == 0 && !prefix.is_empty() {
                resource.extend(["/", &prefix]);
            } else {
                asked.note("Prefix", prefix);
            }
        }
        if dice.below(2) == 0 {
            let delimiter = dice.one_of(&["/", "/", "", "-"]);
            asked.target.extend(["&delimiter=", &encoded(delimiter)]);
            asked.note("Delimiter", delimiter);
        }
        // Under these names a listing is asked for by its action as well.
        let action = match kind {
            "ListMultipartUploads" => Some("fs:ListObjects"),
            "ListObjectVersions" => Some("fs:ListObjectVersions"),
            _ => None,
        };
        match action.filter(|_| !resource.ends_with('/') && resource.matches('/').count() == 2) {
            Some(action) => asked.asking(action, &format!("arn:lakefs:fs:::repository/{bucket}")),
            None => asked.asking(&format!("s3:{kind}"), &resource),
        }
    }

    fn bucket(dice: &mut Dice) -> Self {
        let bucket = dice.one_of(BUCKETS);
        let (kind, method, query) = dice.one_of(&[
            ("HeadBucket", "HEAD", ""),
            ("HeadBucket", "HEAD", ""),
            ("GetBucketLocation", "GET", "?location"),
            ("GetBucketPolicy", "GET", "?policy"),
            ("CreateBucket", "PUT", ""),
            ("DeleteBucket", "DELETE", ""),
        ]);
        Self::new(kind, method, format!("/{bucket}{query}"))
            .asking(&format!("s3:{kind}"), &format!("s3://{bucket}"))
    }

    fn copy(dice: &mut Dice, people: &[Person]) -> Self {
        let (bucket, to) = (dice.one_of(BUCKETS), key(dice, people));
        let (of, from) = (dice.one_of(BUCKETS), key(dice, people));
        let (version, action) =
            dice.one_of(&[("", "fs:ReadObject"), ("?versionId=v1", "fs:ReadObjectVersion")]);
        let mut asked = Self::new("CopyObject", "PUT", format!("/{bucket}/{}", encoded(&to)))
            .asking("fs:WriteObject", &arn(bucket, &to))
            .asking(action, &arn(of, &from));
        asked.headers.push(("x-amz-copy-source", format!("{of}/{}{version}", encoded(&from))));
        asked
    }

    fn deletion(dice: &mut Dice, people: &[Person]) -> Self {
        let bucket = dice.one_of(BUCKETS);
        let mut keys: Vec<_> = (0..=dice.below(4)).map(|_| key(dice, people)).collect();
        keys.sort();
        keys.dedup();
        let mut asked = Self::new("DeleteObjects", "POST", format!("/{bucket}?delete"));
        let mut objects = Vec::new();
        for key in &keys {
            if dice.below(3) == 0 {
                objects.push(format!("<Key>{key}</Key><VersionId>v1</VersionId>"));
                asked = asked.asking("fs:DeleteObjectVersion", &arn(bucket, key));
            } else {
                objects.push(format!("<Key>{key}</Key>"));
                asked = asked.asking("s3:DeleteObjects", &format!("s3://{bucket}/{key}"));
            }
        }
        asked.body = document(&objects.iter().map(String::as_str).collect::<Vec<_>>());
        asked.answers = Answers::Keys(keys);
        asked
    }

    fn buckets() -> Self {
        let mut asked = Self::new("ListBuckets", "GET", "/".to_owned());
        for bucket in BUCKETS {
            asked = asked.asking("s3:ListBuckets", &format!("s3://{bucket}"));
        }
        asked.answers = Answers::Buckets;
        asked
    }
}

fn key(dice: &mut Dice, people: &[Person]) -> String {
    match dice.below(4) {
        0 => format!("home/{}/x", dice.one_of(people).name),
        _ => dice.one_of(KEYS).to_owned(),
    }
}

fn arn(bucket: &str, key: &str) -> String {
    format!("arn:lakefs:fs:::repository/{bucket}/object/{key}")
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

const ESCAPED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// All that the store has.
pub(crate) const BUCKETS: &[&str] = &["lake", "lake2", "pond", "well"];

const KEYS: &[&str] = &[
    "a",
    "b",
    "team-a/x",
    "team-a/closed/x",
    "team-b/t.csv",
    "team-a/../team-b/x",
    "team-a//closed/x",
    "./a",
    "ö +%2F*.csv",
];

const PREFIXES: &[&str] = &[
    "",
    "team-a/",
    "team-a",
    "team-a/closed/",
    "team-b/../team-a/",
    "team-a//../x/",
    "home/../home/",
    "a",
];

const VERBS: &[Verb] = &[
    ("GetObject", "GET", "", "s3:GetObject", Some("s3:GetObjectVersion")),
    ("GetObject", "GET", "", "s3:GetObject", Some("s3:GetObjectVersion")),
    ("HeadObject", "HEAD", "", "s3:HeadObject", Some("fs:ReadObjectVersion")),
    ("PutObject", "PUT", "", "s3:PutObject", None),
    ("PutObject", "PUT", "", "fs:WriteObject", None),
    ("DeleteObject", "DELETE", "", "s3:DeleteObject", Some("s3:DeleteObjectVersion")),
    (
        "GetObjectTagging",
        "GET",
        "tagging",
        "s3:GetObjectTagging",
        Some("s3:GetObjectVersionTagging"),
    ),
    (
        "PutObjectTagging",
        "PUT",
        "tagging",
        "s3:PutObjectTagging",
        Some("s3:PutObjectVersionTagging"),
    ),
    (
        "DeleteObjectTagging",
        "DELETE",
        "tagging",
        "s3:DeleteObjectTagging",
        Some("s3:DeleteObjectVersionTagging"),
    ),
    ("GetObjectAcl", "GET", "acl", "s3:GetObjectAcl", Some("s3:GetObjectVersionAcl")),
    ("CreateMultipartUpload", "POST", "uploads", "s3:CreateMultipartUpload", None),
    ("UploadPart", "PUT", "partNumber=1&uploadId=u", "s3:UploadPart", None),
    ("ListParts", "GET", "uploadId=u", "s3:ListMultipartUploadParts", None),
    ("AbortMultipartUpload", "DELETE", "uploadId=u", "s3:AbortMultipartUpload", None),
];
