//! How the catalogue is declared.

/// What the catalogue says of one field.
#[derive(Clone, Copy, Debug)]
pub struct FieldInfo {
    /// Its name, everywhere.
    pub name: &'static str,
    /// text, word, number, bytes, seconds, flag or name.
    pub unit: &'static str,
    /// What it says.
    pub doc: &'static str,
}

/// What the catalogue says of one step.
#[derive(Clone, Copy, Debug)]
pub struct StepInfo {
    /// Its name, everywhere.
    pub name: &'static str,
    /// What happened.
    pub doc: &'static str,
    /// Its fields, in order.
    pub fields: &'static [FieldInfo],
}

/// The enum of the steps, its catalogue, and how a step is read. Parts of the catalogue that are enums of their own are named at its end.
macro_rules! steps {
    (
        $(#[doc = $all_doc:literal])* $all:ident:
        $($(#[doc = $doc:literal])* $step:ident $name:literal { $($(#[doc = $field_doc:literal])* $field:ident: $kind:ty,)* })*
        $(@ $(#[doc = $part_doc:literal])* $part:ident($inner:ident);)*
    ) => {
        $(#[doc = $all_doc])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum $all {
            $($(#[doc = $doc])* $step { $($(#[doc = $field_doc])* $field: $kind,)* },)*
            $($(#[doc = $part_doc])* $part($inner),)*
        }

        impl $all {
            /// What the catalogue says of these steps, in the order of the path; not of those in parts.
            pub(in crate::step) const OWN: &'static [StepInfo] = &[$(StepInfo {
                name: $name,
                doc: concat!($($doc),*),
                fields: &[$(FieldInfo { name: stringify!($field), unit: <$kind as FieldType>::UNIT, doc: concat!($($field_doc),*) },)*],
            },)*];

            /// The catalogue, in the order of the path.
            pub fn catalogue() -> impl Iterator<Item = &'static StepInfo> {
                let parts: &[&'static [StepInfo]] = &[Self::OWN, $($inner::OWN,)*];
                parts.to_vec().into_iter().flatten()
            }

            /// The step's name in the catalogue.
            pub const fn name(&self) -> &'static str {
                match self {
                    $($all::$step { .. } => $name,)*
                    $($all::$part(inner) => inner.name(),)*
                }
            }

            /// Hands every field, in the catalogue's order, to `see`.
            pub fn fields(&self, mut see: impl FnMut(&'static str, Value)) {
                match *self {
                    $($all::$step { $($field,)* } => { $(see(stringify!($field), FieldType::value($field));)* let _ = &mut see; })*
                    $($all::$part(inner) => inner.fields(see),)*
                }
            }
        }

        $(impl From<$inner> for $all {
            fn from(inner: $inner) -> $all {
                $all::$part(inner)
            }
        })*
    };
}
