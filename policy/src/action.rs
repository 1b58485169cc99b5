//! Actions: what a request does, by the names lakeFS gave them and our own for the S3 operations it
//! does not know.

use std::fmt;

/// What a request does, such as `fs:ReadObject`. Only known actions exist: there is one list,
/// [`ACTIONS`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Action {
    // The place in `ACTIONS`: what makes a set of actions a few words of bits.
    index: u8,
    name: &'static str,
}

impl Action {
    /// The action of this exact name, case and all.
    pub fn parse(name: &str) -> Option<Self> {
        ACTIONS.iter().copied().find(|action| action.name == name)
    }

    /// Its whole name, such as `fs:ReadObject`.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// Its place in [`ACTIONS`].
    pub(crate) fn index(self) -> u8 {
        self.index
    }

    /// The part before the colon, such as `fs`.
    pub fn service(self) -> &'static str {
        self.name.split_once(':').map_or(self.name, |(service, _)| service)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Action({})", self.name)
    }
}

/// The services that actions and ARNs belong to.
pub static SERVICES: &[&str] = &["fs", "auth", "ci", "retention", "branches", "pr", "catalog"];

// A constant and an entry of the list each, so that neither can be forgotten.
macro_rules! actions {
    ($($constant:ident = $name:literal),* $(,)?) => {
        #[expect(non_camel_case_types, reason = "each variant only numbers the constant of its name")]
        #[repr(u8)]
        enum Index { $($constant),* }

        impl Action {
            $(
                #[doc = concat!("`", $name, "`.")]
                pub const $constant: Self = Self { index: Index::$constant as u8, name: $name };
            )*
        }

        /// Every action, in the order of its bit in a set.
        pub static ACTIONS: &[Action] = &[$(Action::$constant),*];
    };
}

actions! {
    // lakeFS's own.
    READ_REPOSITORY = "fs:ReadRepository",
    CREATE_REPOSITORY = "fs:CreateRepository",
    UPDATE_REPOSITORY = "fs:UpdateRepository",
    ATTACH_STORAGE_NAMESPACE = "fs:AttachStorageNamespace",
    IMPORT_FROM_STORAGE = "fs:ImportFromStorage",
    IMPORT_CANCEL = "fs:ImportCancel",
    DELETE_REPOSITORY = "fs:DeleteRepository",
    LIST_REPOSITORIES = "fs:ListRepositories",
    READ_OBJECT = "fs:ReadObject",
    WRITE_OBJECT = "fs:WriteObject",
    DELETE_OBJECT = "fs:DeleteObject",
    LIST_OBJECTS = "fs:ListObjects",
    CREATE_COMMIT = "fs:CreateCommit",
    READ_COMMIT = "fs:ReadCommit",
    LIST_COMMITS = "fs:ListCommits",
    CREATE_BRANCH = "fs:CreateBranch",
    DELETE_BRANCH = "fs:DeleteBranch",
    READ_BRANCH = "fs:ReadBranch",
    REVERT_BRANCH = "fs:RevertBranch",
    LIST_BRANCHES = "fs:ListBranches",
    CREATE_TAG = "fs:CreateTag",
    DELETE_TAG = "fs:DeleteTag",
    READ_TAG = "fs:ReadTag",
    LIST_TAGS = "fs:ListTags",
    READ_CONFIG = "fs:ReadConfig",
    READ_USER = "auth:ReadUser",
    CREATE_USER = "auth:CreateUser",
    DELETE_USER = "auth:DeleteUser",
    LIST_USERS = "auth:ListUsers",
    READ_GROUP = "auth:ReadGroup",
    CREATE_GROUP = "auth:CreateGroup",
    DELETE_GROUP = "auth:DeleteGroup",
    LIST_GROUPS = "auth:ListGroups",
    ADD_GROUP_MEMBER = "auth:AddGroupMember",
    REMOVE_GROUP_MEMBER = "auth:RemoveGroupMember",
    READ_POLICY = "auth:ReadPolicy",
    CREATE_POLICY = "auth:CreatePolicy",
    UPDATE_POLICY = "auth:UpdatePolicy",
    DELETE_POLICY = "auth:DeletePolicy",
    LIST_POLICIES = "auth:ListPolicies",
    ATTACH_POLICY = "auth:AttachPolicy",
    DETACH_POLICY = "auth:DetachPolicy",
    READ_CREDENTIALS = "auth:ReadCredentials",
    CREATE_CREDENTIALS = "auth:CreateCredentials",
    DELETE_CREDENTIALS = "auth:DeleteCredentials",
    LIST_CREDENTIALS = "auth:ListCredentials",
    CREATE_USER_EXTERNAL_PRINCIPAL = "auth:CreateUserExternalPrincipal",
    DELETE_USER_EXTERNAL_PRINCIPAL = "auth:DeleteUserExternalPrincipal",
    READ_EXTERNAL_PRINCIPAL = "auth:ReadExternalPrincipal",
    READ_ACTION = "ci:ReadAction",
    PREPARE_GARBAGE_COLLECTION_COMMITS = "retention:PrepareGarbageCollectionCommits",
    GET_GARBAGE_COLLECTION_RULES = "retention:GetGarbageCollectionRules",
    SET_GARBAGE_COLLECTION_RULES = "retention:SetGarbageCollectionRules",
    PREPARE_GARBAGE_COLLECTION_UNCOMMITTED = "retention:PrepareGarbageCollectionUncommitted",
    GET_BRANCH_PROTECTION_RULES = "branches:GetBranchProtectionRules",
    SET_BRANCH_PROTECTION_RULES = "branches:SetBranchProtectionRules",
    READ_PULL_REQUEST = "pr:ReadPullRequest",
    WRITE_PULL_REQUEST = "pr:WritePullRequest",
    LIST_PULL_REQUESTS = "pr:ListPullRequests",
    CREATE_NAMESPACE = "catalog:CreateNamespace",
    GET_NAMESPACE = "catalog:GetNamespace",
    LIST_NAMESPACES = "catalog:ListNamespaces",
    UPDATE_NAMESPACE = "catalog:UpdateNamespace",
    DELETE_NAMESPACE = "catalog:DeleteNamespace",
    CREATE_TABLE = "catalog:CreateTable",
    READ_TABLE = "catalog:ReadTable",
    UPDATE_TABLE = "catalog:UpdateTable",
    DELETE_TABLE = "catalog:DeleteTable",
    LIST_TABLES = "catalog:ListTables",
    CREATE_VIEW = "catalog:CreateView",
    READ_VIEW = "catalog:ReadView",
    UPDATE_VIEW = "catalog:UpdateView",
    DELETE_VIEW = "catalog:DeleteView",
    LIST_VIEWS = "catalog:ListViews",
    // Older lakeFS had these; documents still name them.
    EXPORT_CONFIG = "fs:ExportConfig",
    CREATE_META_RANGE = "fs:CreateMetaRange",
    // Ours: S3 operations on objects that lakeFS has no action for.
    LIST_OBJECT_VERSIONS = "fs:ListObjectVersions",
    READ_OBJECT_VERSION = "fs:ReadObjectVersion",
    DELETE_OBJECT_VERSION = "fs:DeleteObjectVersion",
    READ_OBJECT_TAGS = "fs:ReadObjectTags",
    WRITE_OBJECT_TAGS = "fs:WriteObjectTags",
    READ_OBJECT_ACL = "fs:ReadObjectAcl",
    WRITE_OBJECT_ACL = "fs:WriteObjectAcl",
    READ_OBJECT_RETENTION = "fs:ReadObjectRetention",
    WRITE_OBJECT_RETENTION = "fs:WriteObjectRetention",
    READ_OBJECT_LEGAL_HOLD = "fs:ReadObjectLegalHold",
    WRITE_OBJECT_LEGAL_HOLD = "fs:WriteObjectLegalHold",
    BYPASS_GOVERNANCE_RETENTION = "fs:BypassGovernanceRetention",
    WRITE_OBJECT_REDIRECT = "fs:WriteObjectRedirect",
    WRITE_OBJECT_ENCRYPTION_KEY = "fs:WriteObjectEncryptionKey",
    RESTORE_OBJECT = "fs:RestoreObject",
    // Ours: the sub-resources of a bucket.
    READ_BUCKET_ABAC = "fs:ReadBucketAbac",
    WRITE_BUCKET_ABAC = "fs:WriteBucketAbac",
    READ_BUCKET_ACCELERATE = "fs:ReadBucketAccelerate",
    WRITE_BUCKET_ACCELERATE = "fs:WriteBucketAccelerate",
    WRITE_BUCKET_ACL = "fs:WriteBucketAcl",
    READ_BUCKET_ANALYTICS = "fs:ReadBucketAnalytics",
    WRITE_BUCKET_ANALYTICS = "fs:WriteBucketAnalytics",
    READ_BUCKET_CORS = "fs:ReadBucketCors",
    WRITE_BUCKET_CORS = "fs:WriteBucketCors",
    READ_BUCKET_ENCRYPTION = "fs:ReadBucketEncryption",
    WRITE_BUCKET_ENCRYPTION = "fs:WriteBucketEncryption",
    READ_BUCKET_INTELLIGENT_TIERING = "fs:ReadBucketIntelligentTiering",
    WRITE_BUCKET_INTELLIGENT_TIERING = "fs:WriteBucketIntelligentTiering",
    READ_BUCKET_INVENTORY = "fs:ReadBucketInventory",
    WRITE_BUCKET_INVENTORY = "fs:WriteBucketInventory",
    READ_BUCKET_LIFECYCLE = "fs:ReadBucketLifecycle",
    WRITE_BUCKET_LIFECYCLE = "fs:WriteBucketLifecycle",
    READ_BUCKET_LOGGING = "fs:ReadBucketLogging",
    WRITE_BUCKET_LOGGING = "fs:WriteBucketLogging",
    READ_BUCKET_METRICS = "fs:ReadBucketMetrics",
    WRITE_BUCKET_METRICS = "fs:WriteBucketMetrics",
    READ_BUCKET_NOTIFICATION = "fs:ReadBucketNotification",
    WRITE_BUCKET_NOTIFICATION = "fs:WriteBucketNotification",
    READ_BUCKET_OBJECT_LOCK = "fs:ReadBucketObjectLock",
    WRITE_BUCKET_OBJECT_LOCK = "fs:WriteBucketObjectLock",
    READ_BUCKET_OWNERSHIP_CONTROLS = "fs:ReadBucketOwnershipControls",
    WRITE_BUCKET_OWNERSHIP_CONTROLS = "fs:WriteBucketOwnershipControls",
    READ_BUCKET_POLICY = "fs:ReadBucketPolicy",
    WRITE_BUCKET_POLICY = "fs:WriteBucketPolicy",
    READ_BUCKET_POLICY_STATUS = "fs:ReadBucketPolicyStatus",
    READ_BUCKET_PUBLIC_ACCESS_BLOCK = "fs:ReadBucketPublicAccessBlock",
    WRITE_BUCKET_PUBLIC_ACCESS_BLOCK = "fs:WriteBucketPublicAccessBlock",
    READ_BUCKET_REPLICATION = "fs:ReadBucketReplication",
    WRITE_BUCKET_REPLICATION = "fs:WriteBucketReplication",
    READ_BUCKET_REQUEST_PAYMENT = "fs:ReadBucketRequestPayment",
    WRITE_BUCKET_REQUEST_PAYMENT = "fs:WriteBucketRequestPayment",
    READ_BUCKET_TAGGING = "fs:ReadBucketTagging",
    WRITE_BUCKET_TAGGING = "fs:WriteBucketTagging",
    WRITE_BUCKET_VERSIONING = "fs:WriteBucketVersioning",
    READ_BUCKET_WEBSITE = "fs:ReadBucketWebsite",
    WRITE_BUCKET_WEBSITE = "fs:WriteBucketWebsite",
}
