//! Pages of long lists: as they are asked for, and as they are returned.

/// Which part of a long list to return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// The maximum number of items.
    pub limit: u32,
    /// The number of items to skip.
    pub offset: u32,
}

impl Default for Slice {
    /// The first 50, as in VehicleOps.
    fn default() -> Self {
        Self {
            limit: 50,
            offset: 0,
        }
    }
}

impl Slice {
    /// The limit and the offset, as parameters of a query.
    pub(super) fn bounds(self) -> [i64; 2] {
        [self.limit.into(), self.offset.into()]
    }
}

/// A page of a list, in the form of the Ford system:
/// `{"items":[..],"total":n,"limit":n,"offset":n}`.
///
/// # Examples
/// ```
/// use fleet_sinks::postgres::queries::Page;
/// let json = r#"{"items":[1,2],"total":20,"limit":2,"offset":0}"#;
/// let page: Page<u8> = serde_json::from_str(json)?;
/// assert_eq!(serde_json::to_string(&page)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// The number of items on all pages.
    pub total: u64,
    /// The maximum number of items on a page.
    pub limit: u64,
    /// The number of items before this page.
    pub offset: u64,
}
