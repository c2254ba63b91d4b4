//! The steps of certificates: those in files, and those ordered from an authority.

use super::{CertificateRef, FieldInfo, FieldType, ListenerRef, SiteRef, StepInfo, Text, Value};
use crate::time::Duration;

steps! {
    /// One thing that happened to a certificate, or to the account that it is ordered with.
    CertificateStep:
    /// A certificate is presented from now on, because its files have changed.
    CertificateRenewed "certificate-renewed" {
        /// Which.
        certificate: CertificateRef,
        /// How long it holds.
        left: Duration,
    }
    /// Changed files of a certificate could not be used; the old one is still presented.
    CertificateRefused "certificate-refused" {
        /// Which.
        certificate: CertificateRef,
        /// Why.
        why: &'static str,
    }
    /// A certificate expires soon, or has expired. Told once a day.
    CertificateExpires "certificate-expires" {
        /// Which.
        certificate: CertificateRef,
        /// How long it still holds; zero if it has expired.
        left: Duration,
    }
    /// No certificate has a name of a site that is served with TLS: browsers will warn.
    CertificateMissing "certificate-missing" {
        /// Whose name.
        site: SiteRef,
        /// Where it is served.
        listener: ListenerRef,
    }
    /// A certificate that was ordered before, and stored, is presented from now on.
    CertificateFound "certificate-found" {
        /// Whose.
        site: SiteRef,
        /// The names it is for.
        names: Text,
        /// How long it holds; zero if it has expired.
        left: Duration,
    }
    /// There is a new account with the authority that certificates are ordered from.
    AccountRegistered "account-registered" {
        /// The authority's directory.
        directory: Text,
        /// The account's own address.
        account: Text,
    }
    /// A certificate is being ordered.
    CertificateOrdered "certificate-ordered" {
        /// Whose.
        site: SiteRef,
        /// The names it is for.
        names: Text,
        /// Why.
        why: Text,
    }
    /// A certificate that was ordered is presented from now on.
    CertificateIssued "certificate-issued" {
        /// Whose.
        site: SiteRef,
        /// The names it is for.
        names: Text,
        /// How long it holds.
        left: Duration,
    }
    /// A certificate could not be had. What was presented before still is.
    CertificateFailed "certificate-failed" {
        /// Whose.
        site: SiteRef,
        /// The names it was for.
        names: Text,
        /// How many times in a row.
        failures: u64,
        /// When it is tried again.
        wait: Duration,
        /// Why, in the authority's own words where it gave any.
        why: Text,
    }
    /// What is kept of certificates and accounts could not be read, written or used.
    CertificateStoreFailed "certificate-store-failed" {
        /// What, and why.
        why: Text,
    }
}
