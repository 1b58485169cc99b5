//! Tells which S3 operation a request is, what of it goes up, and what its caller must be allowed.
//!
//! A request is exactly one operation of the table, or it is refused: so is whatever it carries that this operation
//! does not take.

use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::{
    action::Action,
    byte_range::ByteRange,
    copy_source::CopySource,
    deletion::ObjectIdentifier,
    headers::{HeaderHandling, HeaderRow},
    operation::{Handling, Level, Mark, Need, Row},
    operations::{OPERATIONS, Operation},
    parameters::{ParameterHandling, ParameterRow},
    reading,
    requirement::{Required, Requirement, Target},
    resource::Resource,
    unrecognised::Unrecognised,
};

/// The head of a request, parsed and not yet understood.
#[derive(Clone, Copy, Debug)]
pub struct Shape<'a> {
    /// The method.
    pub method: &'a Method,
    /// The bucket that the URL names. An empty one counts as none.
    pub bucket: Option<&'a str>,
    /// The key that the URL names, decoded once. An empty one counts as none.
    pub key: Option<&'a str>,
    /// The query's names and values in their order, decoded once; a name without a `=` has an empty value.
    pub parameters: &'a [(String, String)],
    /// The headers, as they came.
    pub headers: &'a HeaderMap,
}

/// A request that is exactly one operation, with nothing in it but what that operation takes.
#[derive(Clone, Debug)]
pub struct Recognised {
    /// The operation, which is one that is forwarded, or becomes one by its body: what it needs is told then.
    pub operation: Operation,
    /// The query parameters that go up, in the client's order, their values decoded.
    pub parameters: Vec<(&'static str, String)>,
    /// The headers that go up: none of authentication, framing or connection is among them, nor is the copy source.
    pub headers: HeaderMap,
    /// What is copied, which goes up as `x-amz-copy-source`; absent for what copies nothing.
    pub source: Option<CopySource>,
    /// All that the caller must be allowed for what the head names.
    pub required: Required,
    /// What the caller must be allowed for each object that the body names; absent where it names none.
    pub per_object: Option<PerObject>,
}

/// What must be allowed on each object that a request's body names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PerObject {
    current: Action,
    version: Action,
    leaves: Vec<Action>,
}

impl PerObject {
    /// All that the caller must be allowed for this object of `bucket`.
    pub fn required(&self, bucket: &str, object: &ObjectIdentifier) -> Required {
        let place = Place::Object(bucket, &object.key);
        let action = if object.version_id.is_some() { self.version } else { self.current };
        std::iter::once(action)
            .chain(self.leaves.iter().copied())
            .map(|action| Requirement::new(action, place.resource()))
            .flat_map(|requirement| under_every_reading(requirement, place))
            .collect()
    }
}

/// Tells which operation a request is. What is not certain is refused.
///
/// # Errors
///
/// [`Unrecognised`], by what cannot be forwarded. Where several things cannot, the method comes first, then
/// parameters, then the operation, then headers.
pub fn recognise(shape: &Shape<'_>) -> Result<Recognised, Unrecognised> {
    let (place, row) = identify(shape)?;
    let parameters = parameters(shape, row)?;
    let needs = match row.handling {
        Handling::Forward => row.needs,
        // Until its body was read, of all that the URL names.
        Handling::Becomes(other) => other.row().needs,
        Handling::Refuse | Handling::Alias(_) => {
            return Err(Unrecognised::NotImplemented { operation: row.operation });
        }
    };
    let Carried { headers, leaves, source } = headers(shape, row.operation)?;
    let each = needs.iter().find_map(|need| match *need {
        Need::Each { current, version } => Some((current, version)),
        Need::One(_)
        | Need::Version { .. }
        | Need::IfVersion(_)
        | Need::Source { .. }
        | Need::Listing(_)
        | Need::Folders { .. } => None,
    });
    // What a header asks for is done to what the operation is done to.
    let (per_object, leaves) = match each {
        Some((current, version)) => (Some(PerObject { current, version, leaves }), Vec::new()),
        None => (None, leaves),
    };
    let needs =
        needs.iter().flat_map(|need| requirements(*need, place, &parameters, source.as_ref()));
    let leaves = leaves
        .into_iter()
        .flat_map(|action| under_every_reading(Requirement::new(action, place.resource()), place));
    let required = needs.chain(leaves).collect();
    Ok(Recognised { operation: row.operation, parameters, headers, source, required, per_object })
}

/// What of the headers goes up, and what it needs.
#[derive(Debug)]
struct Carried {
    headers: HeaderMap,
    /// The actions that they need on what the URL names.
    leaves: Vec<Action>,
    source: Option<CopySource>,
}

/// What a URL names.
#[derive(Clone, Copy, Debug)]
enum Place<'a> {
    Service,
    Bucket(&'a str),
    Object(&'a str, &'a str),
}

impl<'a> Place<'a> {
    /// Absent for a key in no bucket.
    fn of(shape: &Shape<'a>) -> Option<Self> {
        let bucket = shape.bucket.filter(|bucket| !bucket.is_empty());
        let key = shape.key.filter(|key| !key.is_empty());
        match (bucket, key) {
            (None, None) => Some(Self::Service),
            (None, Some(_)) => None,
            (Some(bucket), None) => Some(Self::Bucket(bucket)),
            (Some(bucket), Some(key)) => Some(Self::Object(bucket, key)),
        }
    }

    fn level(self) -> Level {
        match self {
            Self::Service => Level::Service,
            Self::Bucket(_) => Level::Bucket,
            Self::Object(..) => Level::Object,
        }
    }

    fn resource(self) -> Resource {
        match self {
            Self::Service => Resource::All,
            Self::Bucket(bucket) => Resource::bucket(bucket),
            Self::Object(bucket, key) => Resource::object(bucket, key),
        }
    }

    fn listing(self, prefix: &str) -> Target {
        match self {
            Self::Service => Resource::All.into(),
            Self::Bucket(bucket) | Self::Object(bucket, _) => Target::listing(bucket, prefix),
        }
    }
}

/// What the URL names and, of the rows whose marks are all there, the one with the most.
///
/// Two with as many contradict each other, and it does not matter which is taken: the other's mark will be refused.
fn identify<'a>(shape: &Shape<'a>) -> Result<(Place<'a>, &'static Row), Unrecognised> {
    let none = |level| Unrecognised::NoOperation { method: shape.method.to_string(), level };
    let place = Place::of(shape).ok_or_else(|| none(Level::Object))?;
    let row = OPERATIONS
        .iter()
        .map(|operation| operation.row())
        .filter(|row| row.method == shape.method.as_str() && row.level == place.level())
        .filter(|row| !matches!(row.handling, Handling::Alias(_)))
        .filter(|row| row.marks.iter().all(|mark| is_marked(shape, *mark)))
        .max_by_key(|row| row.marks.len())
        .ok_or_else(|| none(place.level()))?;
    Ok((place, row))
}

fn is_marked(shape: &Shape<'_>, mark: Mark) -> bool {
    match mark {
        Mark::Parameter(name) => shape.parameters.iter().any(|(other, _)| other == name),
        Mark::Value(name, value) => {
            shape.parameters.iter().any(|(other, text)| other == name && text == value)
        }
        Mark::Header(name) => shape.headers.contains_key(name),
    }
}

/// The parameters that go up; all are known, single, well-formed and of this operation.
fn parameters(
    shape: &Shape<'_>,
    operation: &Row,
) -> Result<Vec<(&'static str, String)>, Unrecognised> {
    let mut up = Vec::with_capacity(shape.parameters.len());
    for (index, (name, value)) in shape.parameters.iter().enumerate() {
        if shape.parameters.iter().take(index).any(|(earlier, _)| earlier == name) {
            return Err(Unrecognised::DuplicateParameter { name: name.clone() });
        }
        let row = ParameterRow::find(name)
            .ok_or_else(|| Unrecognised::UnknownParameter { name: name.clone() })?;
        if !row.value.allows(value) {
            return Err(Unrecognised::BadValue { name: row.name });
        }
        if !row.is_taken_by(operation) {
            let operation = operation.operation;
            return Err(Unrecognised::Contradiction { name: row.name, operation });
        }
        match row.handling {
            ParameterHandling::Copied | ParameterHandling::Mark => {
                up.push((row.name, value.clone()));
            }
            ParameterHandling::Dropped | ParameterHandling::Consumed => {}
        }
    }
    Ok(up)
}

fn headers(shape: &Shape<'_>, operation: Operation) -> Result<Carried, Unrecognised> {
    let mut up = HeaderMap::with_capacity(shape.headers.len());
    let (mut leaves, mut source) = (Vec::new(), None);
    for name in shape.headers.keys() {
        let Some(row) = header_row(name, operation)? else { continue };
        check_single(name, row, shape.headers)?;
        if row.handling == HeaderHandling::Source {
            let text = shape.headers.get(name).map_or(Ok(""), |value| utf8(name, value))?;
            source = Some(CopySource::parse(text)?);
        }
        let Some(value) = value_upwards(name, row, shape.headers)? else { continue };
        if let HeaderHandling::Authorized(action) = row.handling
            && !row.free.iter().any(|free| value == free)
            && !leaves.contains(&action)
        {
            leaves.push(action);
        }
        up.insert(name, value);
    }
    Ok(Carried { headers: up, leaves, source })
}

fn check_single(
    name: &HeaderName,
    row: &HeaderRow,
    headers: &HeaderMap,
) -> Result<(), Unrecognised> {
    // The Java SDK gives each element of a list a line, an object's coding and that of its framing too.
    let may_repeat = match row.handling {
        HeaderHandling::CopiedList | HeaderHandling::CopiedCodings => true,
        HeaderHandling::Consumed => !is_amazon(name.as_str()),
        HeaderHandling::Copied
        | HeaderHandling::CopiedRange
        | HeaderHandling::Source
        | HeaderHandling::Secret
        | HeaderHandling::Authorized(_)
        | HeaderHandling::Refused => false,
    };
    if !may_repeat && headers.get_all(name).iter().nth(1).is_some() {
        return Err(Unrecognised::DuplicateHeader { name: name.to_string() });
    }
    Ok(())
}

/// What goes up of a header, if anything does.
fn value_upwards(
    name: &HeaderName,
    row: &HeaderRow,
    headers: &HeaderMap,
) -> Result<Option<HeaderValue>, Unrecognised> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    let signed = || utf8(name, value).map(|text| as_signed(name, value, text));
    let is_default = |value: &HeaderValue| row.defaults.iter().any(|default| value == default);
    Ok(match row.handling {
        HeaderHandling::Consumed | HeaderHandling::Source => None,
        HeaderHandling::CopiedRange => {
            let bad = || Unrecognised::BadHeaderValue { name: row.name };
            let range = ByteRange::parse(utf8(name, value)?).ok_or_else(bad)?;
            Some(HeaderValue::try_from(range.to_string()).map_err(|_| bad())?)
        }
        HeaderHandling::Refused if is_default(&signed()?) => None,
        HeaderHandling::Refused => {
            return Err(Unrecognised::RefusedHeader { name: name.to_string() });
        }
        HeaderHandling::Copied => Some(signed()?),
        HeaderHandling::Authorized(_) => Some(signed()?).filter(|value| !is_default(value)),
        HeaderHandling::CopiedList => Some(as_signed(name, value, &joined(name, headers)?)),
        HeaderHandling::CopiedCodings => without_framing(value, &joined(name, headers)?),
        HeaderHandling::Secret => {
            let mut value = signed()?;
            value.set_sensitive(true);
            Some(value)
        }
    })
}

/// What becomes of a header in a request for `operation`; absent for one that belongs to the connection.
fn header_row(
    name: &HeaderName,
    operation: Operation,
) -> Result<Option<&'static HeaderRow>, Unrecognised> {
    let mut rows = HeaderRow::find(name.as_str()).peekable();
    if rows.peek().is_none() {
        // Some servers read `x_amz_acl` as `x-amz-acl`.
        return if is_amazon(&name.as_str().replace('_', "-")) {
            Err(Unrecognised::UnknownHeader { name: name.to_string() })
        } else {
            Ok(None)
        };
    }
    match rows.find(|row| row.is_about(operation)) {
        Some(row) => Ok(Some(row)),
        None => Err(Unrecognised::HeaderNotTaken { header: name.to_string(), operation }),
    }
}

pub(crate) fn is_amazon(name: &str) -> bool {
    name.starts_with("x-amz-")
}

fn utf8<'a>(name: &HeaderName, value: &'a HeaderValue) -> Result<&'a str, Unrecognised> {
    std::str::from_utf8(value.as_bytes())
        .map_err(|_| Unrecognised::BadHeader { name: name.to_string() })
}

/// All lines of a header that is a list, as its signature reads them: with commas between.
fn joined(name: &HeaderName, headers: &HeaderMap) -> Result<String, Unrecognised> {
    let lines = headers.get_all(name).iter();
    let lines: Result<Vec<_>, _> = lines.map(|line| utf8(name, line)).collect();
    Ok(lines?.join(","))
}

/// The value as its signature reads it: of a header that the upstream's signature covers, trimmed, each run of blanks
/// as one space, since stores differ in how they read more.
fn as_signed(name: &HeaderName, value: &HeaderValue, text: &str) -> HeaderValue {
    if !is_signed_upstream(name.as_str()) {
        return value.clone();
    }
    let mut single = String::with_capacity(text.len());
    for word in text.split([' ', '\t']).filter(|word| !word.is_empty()) {
        if !single.is_empty() {
            single.push(' ');
        }
        single.push_str(word);
    }
    HeaderValue::from_bytes(single.as_bytes()).unwrap_or_else(|_| value.clone())
}

/// Whether the request that goes up is signed over the header.
fn is_signed_upstream(name: &str) -> bool {
    is_amazon(name) || matches!(name, "content-md5" | "content-type")
}

/// The codings of an object without that of the client's framing; absent when none is left. A header of one line in
/// which it is not stays as it is, byte for byte.
fn without_framing(value: &HeaderValue, codings: &str) -> Option<HeaderValue> {
    let is_framing = |coding: &str| coding.eq_ignore_ascii_case("aws-chunked");
    let all = || codings.split(',').map(str::trim).filter(|coding| !coding.is_empty());
    let kept: Vec<_> = all().filter(|coding| !is_framing(coding)).collect();
    if kept.is_empty() {
        return None;
    }
    if value.as_bytes() == codings.as_bytes() && !all().any(is_framing) {
        return Some(value.clone());
    }
    HeaderValue::from_bytes(kept.join(",").as_bytes()).ok()
}

/// What reading the source of a copy needs, whatever a store takes it for: `version` where that is a named version.
fn of_source(source: Option<&CopySource>, current: Action, version: Action) -> Vec<Requirement> {
    // A copy is told by its source. If it had none, nobody knew what it reads.
    let Some(source) = source else { return vec![Requirement::new(version, Resource::All)] };
    std::iter::once(source.clone())
        .chain(source.other_readings())
        .flat_map(|read| {
            let action = if read.version.is_some() { version } else { current };
            let place = Place::Object(&read.bucket, &read.key);
            under_every_reading(Requirement::new(action, place.resource()), place)
        })
        .collect()
}

/// The requirement, and the same for whatever a store that cleans paths would find instead.
fn under_every_reading(requirement: Requirement, place: Place<'_>) -> Vec<Requirement> {
    let targets = match (&requirement.target, place) {
        (Target::Listing { bucket, prefix }, _) => reading::of_prefix(bucket, prefix),
        (Target::One(_), Place::Object(bucket, key)) => reading::of_key(bucket, key),
        (Target::One(_), Place::Service | Place::Bucket(_)) => Vec::new(),
    };
    let action = requirement.action;
    let others = targets.into_iter().map(move |target| Requirement { action, target });
    std::iter::once(requirement).chain(others).collect()
}

/// All that `need` stands for in this request.
fn requirements(
    need: Need,
    place: Place<'_>,
    parameters: &[(&'static str, String)],
    source: Option<&CopySource>,
) -> Vec<Requirement> {
    let value =
        |name| parameters.iter().find(|(other, _)| *other == name).map(|(_, value)| value.as_str());
    let prefix = value("prefix").unwrap_or_default();
    let requirement = match need {
        Need::Each { .. } => return Vec::new(),
        Need::Source { current, version } => return of_source(source, current, version),
        Need::IfVersion(_) if value("versionId").is_none() => return Vec::new(),
        Need::One(action) | Need::IfVersion(action) => Requirement::new(action, place.resource()),
        Need::Version { current, version } => {
            let action = if value("versionId").is_some() { version } else { current };
            Requirement::new(action, place.resource())
        }
        Need::Listing(action) => Requirement::new(action, place.listing(prefix)),
        Need::Folders { top, below: _ } if prefix.is_empty() && value("delimiter") == Some("/") => {
            Requirement::new(top, place.resource())
        }
        Need::Folders { top: _, below } => Requirement::new(below, place.listing(prefix)),
    };
    under_every_reading(requirement, place)
}
