//! Who may see and do what: states asserted by events, and the one function that decides.
//!
//! The decision is made when somebody reads, so an embargo lifts by itself, without a job that could fail to run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::agent::Scope;
use crate::ids::AgentId;
use crate::time::Timestamp;

/// The access state of an object, asserted by an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Access {
    /// Everybody sees it.
    Public,
    /// Only people with a token see it, or know that it is there.
    Restricted,
    /// As restricted until that moment, then as public.
    Embargoed {
        /// When it lifts.
        until: Timestamp,
    },
    /// Taken back. Whoever knew it learns that it is gone; nothing else is said.
    Withdrawn,
}

impl Access {
    /// The written form of the state.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Restricted => "restricted",
            Self::Embargoed { .. } => "embargoed",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Whether everybody sees it at that moment.
    #[must_use]
    pub fn is_public(self, at: Timestamp) -> bool {
        match self {
            Self::Public => true,
            Self::Embargoed { until } => until <= at,
            Self::Restricted | Self::Withdrawn => false,
        }
    }
}

/// The access state of an object together with its past: only what was once public can be *gone*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Standing {
    /// The state now.
    pub access: Access,
    /// Whether it was ever public before this state.
    pub ever_public: bool,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// Anybody.
    Public,
    /// The holder of a token.
    Agent {
        /// Who it is.
        agent: AgentId,
        /// What the token allows.
        scope: Scope,
    },
}

impl Viewer {
    /// Whether the viewer holds at least this scope.
    #[must_use]
    pub fn holds(&self, wanted: Scope) -> bool {
        match self {
            Self::Public => false,
            Self::Agent { scope, .. } => *scope >= wanted,
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// To see the description, in whatever form: page, record, triple, hit, count.
    See,
    /// To get the bytes of a file, or pixels of it.
    Fetch,
    /// To change the description or add a file.
    Describe,
    /// To change the access state.
    Govern,
}

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Yes.
    Allowed,
    /// The same answer as for something that does not exist.
    Unknown,
    /// It was public and is withdrawn: that much is said, and nothing else.
    Gone,
    /// It may be seen, but this needs a token of that scope.
    Needs(Scope),
}

impl Decision {
    /// Whether the answer is yes.
    #[must_use]
    pub fn is_allowed(self) -> bool {
        self == Self::Allowed
    }
}

/// Decides whether `viewer` may do `act` to an object of this standing, at that moment. The only place that does.
#[must_use]
pub fn may(viewer: &Viewer, standing: &Standing, act: Act, at: Timestamp) -> Decision {
    let sees = standing.access.is_public(at) || viewer.holds(Scope::Read);
    if !sees {
        return match standing.access {
            Access::Withdrawn if standing.ever_public => Decision::Gone,
            Access::Withdrawn | Access::Restricted | Access::Embargoed { .. } | Access::Public => Decision::Unknown,
        };
    }
    let wanted = match act {
        Act::See | Act::Fetch => return Decision::Allowed,
        Act::Describe => Scope::Write,
        Act::Govern => Scope::Admin,
    };
    if viewer.holds(wanted) { Decision::Allowed } else { Decision::Needs(wanted) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_micros(1_000_000);

    fn holder(scope: Scope) -> Viewer {
        Viewer::Agent { agent: AgentId::from_random([0; 10]), scope }
    }

    fn check(viewer: &Viewer, access: Access, act: Act, answer: Decision) {
        assert_eq!(may(viewer, &Standing { access, ever_public: false }, act, NOON), answer);
    }

    #[test]
    fn everybody_sees_what_is_public() {
        check(&Viewer::Public, Access::Public, Act::See, Decision::Allowed);
    }
    #[test]
    fn a_restricted_object_is_unknown_to_the_public() {
        check(&Viewer::Public, Access::Restricted, Act::See, Decision::Unknown);
    }
    #[test]
    fn a_reader_sees_a_restricted_object() {
        check(&holder(Scope::Read), Access::Restricted, Act::Fetch, Decision::Allowed);
    }
    #[test]
    fn an_embargo_hides_until_its_moment() {
        let until = Timestamp::from_micros(NOON.micros() + 1);
        check(&Viewer::Public, Access::Embargoed { until }, Act::See, Decision::Unknown);
    }
    #[test]
    fn an_embargo_lifts_by_itself() {
        check(&Viewer::Public, Access::Embargoed { until: NOON }, Act::See, Decision::Allowed);
    }
    #[test]
    fn a_withdrawn_object_that_was_public_is_gone() {
        let standing = Standing { access: Access::Withdrawn, ever_public: true };
        assert_eq!(may(&Viewer::Public, &standing, Act::See, NOON), Decision::Gone);
    }
    #[test]
    fn a_withdrawn_object_that_never_was_public_is_unknown() {
        check(&Viewer::Public, Access::Withdrawn, Act::See, Decision::Unknown);
    }
    #[test]
    fn a_reader_does_not_describe() {
        check(&holder(Scope::Read), Access::Public, Act::Describe, Decision::Needs(Scope::Write));
    }
    #[test]
    fn a_writer_does_not_govern() {
        check(&holder(Scope::Write), Access::Public, Act::Govern, Decision::Needs(Scope::Admin));
    }
}
