//! The rules a peer can break, as every protocol here lists them: one row each, with the number that answers it, a name, the text that
//! decides, and a sentence.

macro_rules! rules {
    (
        $about:literal $Rules:ident, $number_about:literal $shown:vis $number:ident:
        $($variant:ident $value:literal $name:literal $section:literal $sentence:literal,)*
    ) => {
        #[doc = $about]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $Rules { $(#[doc = $sentence] $variant,)* }

        impl $Rules {
            /// Every rule, in the order in which a peer meets them.
            pub const ALL: &[$Rules] = &[$($Rules::$variant),*];

            #[doc = $number_about]
            $shown const fn $number(self) -> u16 {
                match self { $($Rules::$variant => $value,)* }
            }

            /// Two or three words for a log or a metric; no two rules share them.
            pub const fn name(self) -> &'static str {
                match self { $($Rules::$variant => $name,)* }
            }

            /// What was wrong, as one sentence.
            pub const fn sentence(self) -> &'static str {
                match self { $($Rules::$variant => $sentence,)* }
            }

            /// The text that decides.
            pub const fn section(self) -> &'static str {
                match self { $($Rules::$variant => $section,)* }
            }
        }
    };
}

pub(crate) use rules;
