//! botocore, which most clients are made from, as a judge of what we read in a request.

use std::{path::Path, process::Command};

use http::{Request, request::Parts};
use policy::{
    Deletion, Domain, Domains, Handling, OPERATIONS, Operation, PerObject, Recognised, Required,
    Resource, Target, Unrecognised, recognise,
};
use serde::Deserialize;

use super::{Style, decode_head};

/// A request as botocore made it, and what it was asked for.
#[derive(Debug, Deserialize)]
struct Line {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    /// The document, of `DeleteObjects` only.
    #[serde(default)]
    body: String,
    operation: String,
    bucket: Option<String>,
    key: Option<String>,
    version: Option<String>,
    prefix: Option<String>,
    delimiter: Option<String>,
    /// Bucket, key and version.
    source: Option<(String, String, Option<String>)>,
    /// Key and version of each.
    objects: Vec<(String, Option<String>)>,
}

#[test]
#[expect(clippy::print_stdout, reason = "a run by hand is told which requests it had")]
fn b22_a_request_is_to_us_what_botocore_was_asked_for() {
    let (count, seed) = (setting("LAKEGATE_REQUEST_CASES"), setting("LAKEGATE_REQUEST_SEED"));
    let (count, seed) = (count.as_deref().unwrap_or("4000"), seed.as_deref().unwrap_or("7"));
    println!("{count} requests of seed {seed}");
    let lines = run_script(&[count, seed]);
    assert_eq!(lines.len().to_string(), count);
    let domains = Domains::new(vec![Domain::parse("lake.example.com").unwrap()]);
    let (mut forwarded, mut in_host) = (Vec::new(), 0);
    for line in &lines {
        let head = line.head();
        let decoded = decode_head(&head, &domains);
        let decoded = decoded.unwrap_or_else(|refusal| panic!("{refusal}: {line:#?}"));
        let shape = decoded.shape(&head);
        let asked = line.operation();
        let place = (line.bucket.as_deref(), line.key.as_deref());
        assert_eq!((shape.bucket, shape.key), place, "{line:#?}");
        in_host += usize::from(decoded.style == Style::VirtualHost);
        match (asked.row().handling, recognise(&shape)) {
            (Handling::Refuse, Err(Unrecognised::NotImplemented { operation })) => {
                assert_eq!(operation, asked, "{line:#?}");
            }
            (Handling::Forward, Ok(recognised)) => {
                line.assert_is(asked, &recognised);
                forwarded.push(asked);
            }
            (_, told) => panic!("{told:#?} for {line:#?}"),
        }
    }
    assert!(in_host > lines.len() / 5, "{in_host} in virtual-host style");
    for operation in OPERATIONS.iter().filter(|one| one.row().handling == Handling::Forward) {
        assert!(forwarded.contains(operation), "no {operation}");
    }
}

impl Line {
    fn head(&self) -> Parts {
        let target = match self.query.as_str() {
            "" => self.path.clone(),
            query => format!("{}?{query}", self.path),
        };
        let mut request = Request::builder().method(self.method.as_str()).uri(target);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request.body(()).unwrap().into_parts().0
    }

    /// What it is to whoever does not know which of two names of one operation was used: the newer one.
    fn operation(&self) -> Operation {
        let named = OPERATIONS.iter().find(|operation| operation.name() == self.operation);
        let named = *named.unwrap_or_else(|| panic!("{} has no row", self.operation));
        match named.row().handling {
            Handling::Alias(newer) => newer,
            Handling::Forward | Handling::Refuse | Handling::Becomes(_) => named,
        }
    }

    fn assert_is(&self, asked: Operation, recognised: &Recognised) {
        assert_eq!(recognised.operation, asked, "{self:#?}");
        for (name, value) in
            [("versionId", &self.version), ("prefix", &self.prefix), ("delimiter", &self.delimiter)]
        {
            let up = recognised.parameters.iter().find(|(other, _)| *other == name);
            assert_eq!(up.map(|(_, value)| value), value.as_ref(), "{name} of {self:#?}");
        }
        let source = recognised.source.as_ref();
        let source = source.map(|of| (of.bucket.clone(), of.key.clone(), of.version.clone()));
        assert_eq!(source, self.source, "{self:#?}");
        self.assert_requires(&recognised.required);
        match &recognised.per_object {
            Some(per_object) => self.assert_names_objects(per_object),
            None => assert!(self.objects.is_empty(), "{self:#?}"),
        }
    }

    /// Of each of the objects in the document its own leave is needed.
    fn assert_names_objects(&self, per_object: &PerObject) {
        let deletion = Deletion::parse(self.body.as_bytes());
        let deletion = deletion.unwrap_or_else(|fault| panic!("{fault:?}: {self:#?}"));
        let read = deletion.objects.iter();
        let read: Vec<_> = read.map(|each| (each.key.clone(), each.version_id.clone())).collect();
        assert_eq!(read, self.objects, "{self:#?}");
        let bucket = self.bucket.as_deref().unwrap();
        for object in &deletion.objects {
            let required = per_object.required(bucket, object);
            let named = Resource::object(bucket, &object.key).into();
            self.assert_exactly(&required, &[named], is_clean(&object.key));
        }
    }

    /// Leave is needed on what was asked for and on nothing else.
    fn assert_requires(&self, required: &Required) {
        let of = |bucket: &str, key: &str| Target::from(Resource::object(bucket, key));
        let named = match (&self.bucket, &self.key) {
            (None, _) => Vec::new(),
            (Some(_), None) if !self.objects.is_empty() => Vec::new(),
            (Some(bucket), None) if self.lists_keys(required) => {
                vec![Target::listing(bucket, self.prefix.as_deref().unwrap_or_default())]
            }
            (Some(bucket), None) => vec![Resource::bucket(bucket).into()],
            (Some(bucket), Some(key)) => vec![of(bucket, key)],
        };
        let source = self.source.as_ref().map(|(bucket, key, _)| of(bucket, key));
        let texts = [self.key.as_deref(), self.prefix.as_deref()];
        let texts = texts.into_iter().chain([self.source.as_ref().map(|(_, key, _)| key.as_str())]);
        let all: Vec<_> = named.into_iter().chain(source).collect();
        self.assert_exactly(required, &all, texts.flatten().all(is_clean));
    }

    /// A listing of the top of a bucket alone needs leave on the bucket.
    fn lists_keys(&self, required: &Required) -> bool {
        let lists = ["ListMultipartUploads", "ListObjectVersions", "ListObjects", "ListObjectsV2"];
        let is_top = self.delimiter.as_deref() == Some("/")
            && self.prefix.as_deref().unwrap_or_default().is_empty()
            && self.operation.starts_with("ListObjects");
        assert!(!required.is_empty(), "{self:#?}");
        lists.contains(&self.operation.as_str()) && !is_top
    }

    /// `required` is about all of `named`, in their order, and where stores read their names in one way, about
    /// nothing else.
    fn assert_exactly(&self, required: &Required, named: &[Target], is_clean: bool) {
        let mut about: Vec<_> = required.iter().map(|one| one.target.clone()).collect();
        about.dedup();
        if is_clean {
            assert_eq!(about, named, "{self:#?}");
        } else {
            let place = |target| about.iter().position(|one| one == target);
            assert!(named.iter().all(|target| place(target).is_some()), "{about:#?}: {self:#?}");
        }
    }
}

/// Whether a store that cleans paths leaves this key or prefix as it is.
fn is_clean(text: &str) -> bool {
    let within = text.strip_suffix('/').unwrap_or(text);
    text.is_empty() || within.split('/').all(|segment| !matches!(segment, "" | "." | ".."))
}

/// What `random_requests.py` prints.
fn run_script(args: &[&str]) -> Vec<Line> {
    let python = setting("LAKEGATE_TEST_PYTHON").expect(
        "LAKEGATE_TEST_PYTHON names no Python that has botocore: run ./tests/all, which installs one",
    );
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/random_requests.py");
    let output = Command::new(python).arg(script).args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = String::from_utf8(output.stdout).unwrap();
    output.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// From the environment, for runs by hand by `tests/request-cases`.
#[expect(clippy::disallowed_methods, reason = "whoever runs the test sets what it runs")]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
