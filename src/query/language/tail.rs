//! The tail of a question that is answered by rows: `where`, `group by`, `order by`, `limit`, `count`.

use super::parser::Parser;
use super::{Columns, Listing, QuestionError, Slot};
use crate::query::tail::{Attribute, Comparison, Field, Filter, Order, Side, Tail};

/// The fields that rows have.
pub(crate) struct Fields {
    columns: &'static [&'static str],
    /// Columns whose names only a saved query knows.
    named: Vec<String>,
    /// Whose attributes are meant where nobody says it; `None` where a row is about one thing.
    side: Option<Side>,
    /// Whether the inventory knows more of what a row is about.
    has_attributes: bool,
}

/// The columns of answers about permissions.
const ANSWER: [&str; 7] = ["principal", "kind", "action", "repository", "verdict", "through", "condition"];

/// The signs between a field and its values.
const COMPARISONS: [(&str, Comparison); 8] = [
    ("is", Comparison::Is),
    ("=", Comparison::Is),
    ("like", Comparison::Is),
    ("!=", Comparison::Is),
    (">", Comparison::More),
    ("<", Comparison::Less),
    (">=", Comparison::AtLeast),
    ("<=", Comparison::AtMost),
];

impl Fields {
    /// Those of rows about permissions, for a question that asks for these.
    pub(crate) fn of_answer(side: Side) -> Self {
        Self { columns: &ANSWER, named: Vec::new(), side: Some(side), has_attributes: true }
    }

    pub(crate) fn of_listing(listing: Listing) -> Self {
        let has_attributes = matches!(listing, Listing::Accounts | Listing::Principals | Listing::Repositories);
        Self { columns: listing.columns(), named: Vec::new(), side: None, has_attributes }
    }

    /// Those of a set of principals or repositories.
    pub(crate) fn of_set(side: Option<Side>) -> Self {
        let columns: &[&str] = if side == Some(Side::Principal) { &["member", "kind"] } else { &["member"] };
        Self { columns, named: Vec::new(), side: None, has_attributes: true }
    }

    /// Those of the answer to a saved query.
    pub(crate) fn of_query(columns: &Columns) -> Self {
        match columns {
            Columns::Permissions(side) => Self::of_answer(*side),
            Columns::Listing(listing) => Self::of_listing(*listing),
            Columns::Named(names) => Self { columns: &[], named: names.clone(), side: None, has_attributes: false },
        }
    }

    /// The names of the fields.
    fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.columns.iter().copied().chain(self.named.iter().map(String::as_str)).collect();
        if self.has_attributes {
            names.extend(Attribute::NAMED.iter().map(|(name, _)| *name).filter(|name| !self.columns.contains(name)));
            names.push("tag");
        }
        names
    }
}

impl Parser<'_> {
    /// What follows the phrase.
    pub(crate) fn tail(&mut self, fields: &Fields) -> Result<Tail, QuestionError> {
        let mut tail = Tail::default();
        if self.keyword("where") {
            self.form = "where FIELD is VALUE and FIELD is not VALUE";
            tail.filter = Some(self.filter(fields)?);
        }
        if self.keyword("group") {
            self.form = "group by FIELD, FIELD";
            self.must("by")?;
            tail.group.push(self.field(fields)?);
            while self.keyword(",") {
                tail.group.push(self.field(fields)?);
            }
        }
        if self.keyword("order") {
            self.form = "order by FIELD desc, FIELD";
            self.must("by")?;
            tail.order.push(self.order(fields, &tail.group)?);
            while self.keyword(",") {
                tail.order.push(self.order(fields, &tail.group)?);
            }
        }
        self.cut(&mut tail)?;
        Ok(tail)
    }

    /// How many rows are shown, and whether they are counted.
    pub(crate) fn cut(&mut self, tail: &mut Tail) -> Result<(), QuestionError> {
        if self.keyword("limit") {
            self.form = "limit NUMBER";
            let span = self.here();
            let text = self.name(Slot::Number)?;
            let number = text.parse();
            tail.limit = Some(number.map_err(|_| self.error(format!("`{text}` is no whole number"), span))?);
        }
        tail.count = self.keyword("count");
        Ok(())
    }

    fn order(&mut self, fields: &Fields, group: &[Field]) -> Result<Order, QuestionError> {
        let field = if !group.is_empty() && self.keyword("count") {
            Field { side: None, attribute: Attribute::Count }
        } else {
            let span = self.here();
            let field = self.field(fields)?;
            if !group.is_empty() && !group.contains(&field) {
                return Err(self.error(format!("groups are not sorted by `{field}`: it is none of their fields"), span));
            }
            field
        };
        let descending = self.one_of(&["desc", "asc"]) == Some("desc");
        Ok(Order { field, descending })
    }

    // --- conditions ---

    /// A condition on rows with these fields.
    pub(crate) fn filter(&mut self, fields: &Fields) -> Result<Filter, QuestionError> {
        let mut parts = vec![self.all(fields)?];
        while self.keyword("or") {
            parts.push(self.all(fields)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Filter::Any(parts) })
    }

    fn all(&mut self, fields: &Fields) -> Result<Filter, QuestionError> {
        let mut parts = vec![self.one(fields)?];
        while self.keyword("and") {
            parts.push(self.one(fields)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Filter::All(parts) })
    }

    fn one(&mut self, fields: &Fields) -> Result<Filter, QuestionError> {
        let mut is_negative = false;
        while self.keyword("not") {
            is_negative = !is_negative;
        }
        let filter =
            if self.keyword("(") { self.nested(|parser| parser.filter(fields))? } else { self.condition(fields)? };
        Ok(if is_negative { opposite(filter) } else { filter })
    }

    fn condition(&mut self, fields: &Fields) -> Result<Filter, QuestionError> {
        if fields.has_attributes {
            if let Some(word) = self.one_of(&["outside", "inside"]) {
                self.keyword("the");
                self.must("organization")?;
                return Ok(if word == "outside" { Filter::Outside } else { opposite(Filter::Outside) });
            }
            if let Some(word) = self.one_of(&["public", "private"]) {
                return Ok(if word == "public" { Filter::Public } else { opposite(Filter::Public) });
            }
        }
        let field = self.field(fields)?;
        // What a variable stands for is not known here.
        let name = match &field.attribute {
            Attribute::Variable(_) => "",
            Attribute::Column(name) => name,
            attribute => Attribute::NAMED.iter().find(|(_, own)| own == attribute).map_or("tag", |(name, _)| name),
        };
        let negated = self.one_of(&["not"]).is_some();
        if self.keyword("in") {
            let set = self.one_set()?;
            let filter = Filter::In(field, set);
            return Ok(if negated { opposite(filter) } else { filter });
        }
        let signs = COMPARISONS.map(|(sign, _)| sign);
        let sign = self.one_of(&signs);
        let comparison = COMPARISONS.iter().find(|(own, _)| Some(*own) == sign).map_or(Comparison::Is, |found| found.1);
        // `is not` reads as one sign.
        let negated = negated ^ (sign == Some("!=")) ^ (sign == Some("is") && self.keyword("not"));
        let values = self.names(Slot::Value(name))?;
        let filter = Filter::Compares(field, comparison, values);
        Ok(if negated { opposite(filter) } else { filter })
    }

    fn field(&mut self, fields: &Fields) -> Result<Field, QuestionError> {
        let span = self.here();
        let mut side = fields.side;
        if fields.side.is_some() {
            let is_side = self
                .word_after()
                .is_some_and(|word| word.is("tag") || Attribute::NAMED.iter().any(|(attribute, _)| word.is(attribute)));
            let sides =
                [("principal", Side::Principal), ("repository", Side::Repository), ("resource", Side::Repository)];
            for (word, told) in sides {
                if is_side && self.keyword(word) {
                    side = Some(told);
                    break;
                }
            }
        }
        if fields.has_attributes {
            // An account has a name beside the number in its column; the rest is what a column of that name says.
            let is_told = |word: &str| word != "account" && fields.columns.contains(&word);
            for (word, attribute) in Attribute::NAMED {
                if !is_told(word) && self.keyword(word) {
                    return Ok(Field { side, attribute });
                }
            }
            if self.keyword("tag") {
                return Ok(Field { side, attribute: Attribute::Tag(self.name(Slot::TagKey)?) });
            }
        }
        if fields.side.is_some() && self.keyword("resource") {
            return Ok(Field { side: None, attribute: Attribute::Column("repository") });
        }
        if let Some(column) = self.one_of(fields.columns) {
            return Ok(Field { side: None, attribute: Attribute::Column(column) });
        }
        // The variables of Datalog are told apart by letter case.
        let is_it = |name: &&String| self.word().is_some_and(|word| word.text == **name);
        let column = fields.named.iter().find(is_it).cloned();
        if let Some(name) = column {
            self.name(Slot::Column)?;
            return Ok(Field { side: None, attribute: Attribute::Variable(name) });
        }
        if !fields.named.is_empty() {
            self.offer(Slot::Column);
        }
        let names = fields.names();
        let found = self.word().map(|word| word.text.to_ascii_lowercase());
        let mut error = match &found {
            Some(found) => self.error(format!("`{found}` is no field here"), span),
            None => self.error("expected a field".to_owned(), span),
        };
        let near = found.and_then(|found| {
            let distance = |name: &str| strsim::damerau_levenshtein(&found, &name.to_ascii_lowercase());
            let near = names.iter().map(|name| (distance(name), *name)).min()?;
            (near.0 <= 1 + found.len() / 4).then_some(near.1)
        });
        error.hint = Some(match near {
            Some(near) => format!("did you mean `{near}`?"),
            None if names.is_empty() => "the answer has no columns: it is yes or no".to_owned(),
            None => format!("the fields are {}", names.join(", ")),
        });
        Err(error)
    }
}

/// Its opposite, without saying `not` twice.
fn opposite(filter: Filter) -> Filter {
    match filter {
        Filter::Not(filter) => *filter,
        filter => Filter::Not(Box::new(filter)),
    }
}
