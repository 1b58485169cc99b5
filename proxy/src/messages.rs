//! What S3's error codes mean, in our words: an upstream's own may name its hosts and accounts.

/// The message for an upstream's error `code`.
pub(crate) fn message_of(code: &str) -> &'static str {
    let known = MESSAGES.iter().find(|(known, _)| *known == code);
    known.map_or("The store refused the request; see the code.", |(_, message)| message)
}

/// Source: Amazon S3 API Reference, "Error responses".
const MESSAGES: [(&str, &str); 51] = [
    ("AccessDenied", "Access denied by the store."),
    ("BadDigest", "The Content-MD5 or checksum given does not match what was received."),
    ("BucketAlreadyExists", "The requested bucket name is not available."),
    ("BucketAlreadyOwnedByYou", "The bucket exists already and is yours."),
    ("BucketNotEmpty", "The bucket you tried to delete is not empty."),
    ("EntityTooLarge", "The upload is larger than an object may be."),
    ("EntityTooSmall", "A part is smaller than a part may be."),
    ("IllegalLocationConstraintException", "The location constraint is not valid here."),
    ("IncompleteBody", "The body has fewer bytes than its length says."),
    ("InternalError", "The store met an internal error. Please try again."),
    ("InvalidArgument", "An argument is not valid."),
    ("InvalidBucketName", "The bucket name is not valid."),
    ("InvalidBucketState", "The request does not fit the state of the bucket."),
    ("InvalidDigest", "The Content-MD5 or checksum given is not valid."),
    ("InvalidObjectState", "The operation does not fit the storage class of the object."),
    ("InvalidPart", "A part was not found, or its entity tag does not match."),
    ("InvalidPartOrder", "The parts are not in ascending order."),
    ("InvalidRange", "The requested range cannot be satisfied."),
    ("InvalidRequest", "The request is not valid."),
    ("InvalidStorageClass", "The storage class is not valid."),
    ("InvalidTag", "A tag is not valid: its key or value, or there are too many."),
    ("KeyTooLongError", "The key is too long."),
    (
        "MalformedACLError",
        "The access control list is not well-formed or not what the operation takes.",
    ),
    ("MalformedPolicy", "The policy is not well-formed or not what a bucket's policy can be."),
    ("MalformedXML", "The XML is not well-formed or not what the operation takes."),
    ("MetadataTooLarge", "The metadata headers are larger than they may be."),
    ("MethodNotAllowed", "The method is not allowed against this resource."),
    ("MissingContentLength", "The request needs a Content-Length header."),
    ("NoSuchBucket", "The specified bucket does not exist"),
    ("NoSuchBucketPolicy", "The bucket has no policy."),
    ("NoSuchCORSConfiguration", "The bucket has no CORS configuration."),
    ("NoSuchConfiguration", "The bucket has no configuration of this kind or id."),
    ("NoSuchKey", "The specified key does not exist."),
    ("NoSuchLifecycleConfiguration", "The bucket has no lifecycle configuration."),
    ("NoSuchObjectLockConfiguration", "The object has no retention and no legal hold."),
    (
        "NoSuchPublicAccessBlockConfiguration",
        "The bucket has no configuration that blocks public access.",
    ),
    ("NoSuchTagSet", "There are no tags."),
    ("NoSuchUpload", "The upload does not exist: its id may be wrong, or it was ended."),
    ("NoSuchVersion", "The version does not exist."),
    ("NoSuchWebsiteConfiguration", "The bucket has no website configuration."),
    ("NotImplemented", "The store does not implement what a header or parameter asks for."),
    ("NotModified", "Not modified."),
    ("ObjectLockConfigurationNotFoundError", "The bucket has no configuration of object lock."),
    ("OperationAborted", "Another operation on the same resource is under way. Please try again."),
    ("OwnershipControlsNotFoundError", "The bucket has no ownership controls."),
    ("PreconditionFailed", "At least one of the preconditions you specified did not hold"),
    ("ReplicationConfigurationNotFoundError", "The bucket has no replication configuration."),
    ("RequestTimeout", "The store waited too long for the body."),
    (
        "ServerSideEncryptionConfigurationNotFoundError",
        "The bucket has no configuration of its encryption.",
    ),
    ("ServiceUnavailable", "The store cannot answer at the moment. Please try again."),
    ("SlowDown", "Please reduce your request rate."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_order_and_each_there_once() {
        assert!(MESSAGES.is_sorted_by(|(one, _), (next, _)| one < next));
    }

    #[test]
    fn code_without_a_row_says_nothing_of_the_upstream() {
        assert_eq!(message_of("NoSuchKey"), "The specified key does not exist.");
        assert_eq!(message_of("XMinioThing"), "The store refused the request; see the code.");
    }
}
