//! The steps of a name that is being resolved.

use super::{Bytes, FieldInfo, FieldType, StepInfo, Text, Value};
use crate::time::Duration;

steps! {
    /// One thing that happened on the way from a name to its addresses. Lookups are numbered from 1 on; one may need another.
    DnsStep:
    /// The hosts file of this machine has the name: nobody is asked.
    HostsFileNamed "hosts-file-named" {
        /// The name.
        name: Text,
        /// The line that answers.
        line: u64,
        /// The address in it.
        address: Text,
    }
    /// A name that is looked up, out of those that the one asked for may stand for.
    NameTried "name-tried" {
        /// It, absolute.
        name: Text,
        /// Why: `as-it-is`, `search-list`.
        why: &'static str,
    }
    /// A lookup began.
    LookupBegan "lookup-began" {
        /// Its number.
        lookup: u64,
        /// The number of the lookup that needs it; 0 if none does.
        within: u64,
        /// The name.
        name: Text,
        /// The type of the records.
        kind: Text,
    }
    /// What was learned before is used.
    FoundInDnsCache "found-in-dns-cache" {
        /// Whose lookup.
        lookup: u64,
        /// The name.
        name: Text,
        /// The type of the records.
        kind: Text,
        /// The records, or that there are none.
        what: Text,
        /// How long it holds still.
        ttl: Duration,
    }
    /// Whom a lookup asks first.
    StartedAtZone "started-at-zone" {
        /// Whose lookup.
        lookup: u64,
        /// The zone; `.` is the root.
        zone: Text,
        /// How many servers it has.
        servers: u64,
        /// Why there: `root-hints`, `cache`, `resolver`.
        why: &'static str,
    }
    /// A name server was asked.
    AskedNameServer "asked-name-server" {
        /// For which lookup.
        lookup: u64,
        /// Its address and port.
        server: Text,
        /// Its name, if it is known.
        called: Text,
        /// The zone it is asked as a server of.
        zone: Text,
        /// The name asked for.
        name: Text,
        /// The type asked for.
        kind: Text,
        /// `udp` or `tcp`.
        over: &'static str,
        /// Why this query: `first`, `next-server`, `again`, `truncated`, `without-edns`, `strays`.
        why: &'static str,
    }
    /// A name server answered.
    NameServerAnswered "name-server-answered" {
        /// For which lookup.
        lookup: u64,
        /// Its address and port.
        server: Text,
        /// The response code.
        code: Text,
        /// `aa` (it has the zone), `ra` (it walks for others), `ad` (it checked signatures), as they are set.
        flags: Text,
        /// Records in the answer section.
        answers: u64,
        /// Records in the authority section.
        authority: u64,
        /// Records in the additional section.
        additional: u64,
        /// The message.
        size: Bytes,
        /// From the query to the answer.
        took: Duration,
    }
    /// A server said more exactly why (RFC 8914).
    ExtendedDnsError "extended-dns-error" {
        /// For which lookup.
        lookup: u64,
        /// Whose words.
        server: Text,
        /// The number of the error.
        code: u16,
        /// What the number means.
        meaning: Text,
        /// What the server adds.
        text: Text,
    }
    /// A server told for which part of the network its answer holds (RFC 7871).
    SubnetScoped "subnet-scoped" {
        /// For which lookup.
        lookup: u64,
        /// Whose answer.
        server: Text,
        /// The subnet that it was told.
        subnet: Text,
        /// For how many bits of its address the answer holds; 0: for everybody.
        scope: u16,
    }
    /// A message came that is not the answer; the answer may still come.
    DnsMessageDropped "dns-message-dropped" {
        /// For which lookup.
        lookup: u64,
        /// Where it came from.
        from: Text,
        /// What is wrong: `source`, `unreadable`, `id`, `not-an-answer`, `question`.
        why: &'static str,
    }
    /// An answer did not fit in a datagram.
    DnsAnswerTruncated "dns-answer-truncated" {
        /// For which lookup.
        lookup: u64,
        /// Whose.
        server: Text,
        /// How large it was all the same.
        size: Bytes,
    }
    /// A server gave no answer that can be used.
    NameServerFailed "name-server-failed" {
        /// For which lookup.
        lookup: u64,
        /// Its address and port.
        server: Text,
        /// The zone it was asked as a server of.
        zone: Text,
        /// Why.
        why: Text,
        /// Since the query.
        took: Duration,
    }
    /// A server named those of a zone below its own.
    Referred "referred" {
        /// For which lookup.
        lookup: u64,
        /// The zone of the server.
        zone: Text,
        /// The zone it refers to.
        to: Text,
        /// The names of that zone's servers.
        servers: Text,
        /// How many addresses came with them.
        glue: u64,
        /// How long this holds.
        ttl: Duration,
    }
    /// An address that came with a referral is not believed.
    GlueRejected "glue-rejected" {
        /// For which lookup.
        lookup: u64,
        /// The record.
        record: Text,
        /// Why: `out-of-bailiwick`, `not-a-server`.
        why: &'static str,
    }
    /// A record of an answer is not believed.
    DnsRecordRejected "dns-record-rejected" {
        /// For which lookup.
        lookup: u64,
        /// The record.
        record: Text,
        /// Why: `out-of-bailiwick`, `not-from-dname`.
        why: &'static str,
    }
    /// The address of a server has to be looked up first.
    ServerAddressSought "server-address-sought" {
        /// For which lookup.
        lookup: u64,
        /// The server.
        server: Text,
        /// Whose server it is.
        zone: Text,
    }
    /// A server has no address, so that it cannot be asked.
    ServerAddressMissing "server-address-missing" {
        /// For which lookup.
        lookup: u64,
        /// The server.
        server: Text,
        /// Whose server it is.
        zone: Text,
        /// Why.
        why: &'static str,
    }
    /// A part of the name is in the same zone: the next part is asked for.
    NoZoneCut "no-zone-cut" {
        /// For which lookup.
        lookup: u64,
        /// The part of the name.
        name: Text,
        /// The zone.
        zone: Text,
    }
    /// From here on servers are asked for the whole name: some cannot answer for a part of it (RFC 9156).
    MinimisationEnded "minimisation-ended" {
        /// For which lookup.
        lookup: u64,
        /// The part of the name that was asked for.
        name: Text,
        /// Why.
        why: &'static str,
    }
    /// A name is another name for something.
    AliasFollowed "alias-followed" {
        /// For which lookup.
        lookup: u64,
        /// The alias.
        from: Text,
        /// What it stands for.
        to: Text,
        /// By which record: `CNAME`, `DNAME`, `HTTPS`.
        by: &'static str,
        /// How long this holds.
        ttl: Duration,
    }
    /// A lookup has its records.
    RecordsFound "records-found" {
        /// Which lookup.
        lookup: u64,
        /// The name, after all aliases.
        name: Text,
        /// The type of the records.
        kind: Text,
        /// What they say.
        records: Text,
        /// How long they hold.
        ttl: Duration,
        /// Since the lookup began.
        took: Duration,
    }
    /// A lookup ended with the certainty that there is nothing.
    RecordsAbsent "records-absent" {
        /// Which lookup.
        lookup: u64,
        /// The name, after all aliases.
        name: Text,
        /// The type of the records.
        kind: Text,
        /// `no-such-name`, or `no-such-record`: the name is there, with other records.
        why: &'static str,
        /// How long this holds.
        ttl: Duration,
        /// Since the lookup began.
        took: Duration,
    }
    /// A lookup ended without an answer.
    LookupFailed "lookup-failed" {
        /// Which lookup.
        lookup: u64,
        /// The name, after all aliases.
        name: Text,
        /// The type of the records.
        kind: Text,
        /// Why.
        why: Text,
        /// Since the lookup began.
        took: Duration,
    }
    /// What an HTTPS record says of the service.
    ServiceTold "service-told" {
        /// Whose.
        name: Text,
        /// The record.
        record: Text,
        /// What is done with it: `used`, `alias`, `not-understood`, `of-no-use`.
        then: &'static str,
    }
}
