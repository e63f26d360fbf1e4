//! Tables as Parquet files.

use claudometer_host::files::Pieces;
use claudometer_view::sheet::{Cell, Kind, Sheet};
use parquet::{
    basic::{LogicalType, Repetition, TimeUnit, Type as Physical},
    data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type},
    errors::ParquetError,
    file::{
        properties::WriterProperties, writer::SerializedColumnWriter, writer::SerializedFileWriter,
    },
    schema::types::Type,
};
use std::sync::Arc;

/// How such a file begins.
pub(crate) const BEGINS: &[u8] = b"PAR1";

/// Writes the file. Times are milliseconds in UTC; what is not known is null.
pub(crate) fn write(sheet: &Sheet, out: &mut Pieces<'_>) -> Result<(), ParquetError> {
    let fields = sheet.columns.iter().map(|(name, kind)| field(name, *kind).map(Arc::new));
    let fields = fields.collect::<Result<Vec<_>, _>>()?;
    let schema = Arc::new(Type::group_type_builder("claudometer").with_fields(fields).build()?);
    let properties = Arc::new(WriterProperties::builder().build());
    let mut writer = SerializedFileWriter::new(out, schema, properties)?;
    let mut group = writer.next_row_group()?;
    let mut nth = 0;
    while let Some(mut column) = group.next_column()? {
        fill(&mut column, sheet.rows.iter().map(|row| &row[nth]), sheet.columns[nth].1)?;
        column.close()?;
        nth += 1;
    }
    group.close()?;
    writer.close().map(drop)
}

fn field(name: &str, kind: Kind) -> Result<Type, ParquetError> {
    let (physical, logical) = match kind {
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Count => (Physical::INT64, None),
        Kind::Number => (Physical::DOUBLE, None),
        Kind::Time => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS))),
        Kind::Flag => (Physical::BOOLEAN, None),
    };
    let repetition = match kind {
        Kind::Number | Kind::Time => Repetition::OPTIONAL,
        Kind::Text | Kind::Count | Kind::Flag => Repetition::REQUIRED,
    };
    let builder = Type::primitive_type_builder(name, physical).with_repetition(repetition);
    builder.with_logical_type(logical).build()
}

fn fill<'a>(
    column: &mut SerializedColumnWriter<'_>,
    cells: impl Iterator<Item = &'a Cell>,
    kind: Kind,
) -> Result<(), ParquetError> {
    match kind {
        Kind::Text => all::<ByteArrayType>(column, cells, |cell| match cell {
            Cell::Text(text) => Some(ByteArray::from(text.as_str())),
            _ => None,
        }),
        Kind::Count => all::<Int64Type>(column, cells, |cell| match cell {
            Cell::Count(count) => Some(i64::try_from(*count).unwrap_or(i64::MAX)),
            _ => None,
        }),
        Kind::Number => all::<DoubleType>(column, cells, |cell| match cell {
            Cell::Number(number) => *number,
            _ => None,
        }),
        Kind::Time => all::<Int64Type>(column, cells, |cell| match cell {
            Cell::Time(at) => at.map(|at| at.timestamp_millis()),
            _ => None,
        }),
        Kind::Flag => all::<BoolType>(column, cells, |cell| match cell {
            Cell::Flag(flag) => Some(*flag),
            _ => None,
        }),
    }
}

fn all<'a, T: DataType>(
    column: &mut SerializedColumnWriter<'_>,
    cells: impl Iterator<Item = &'a Cell>,
    value: impl Fn(&Cell) -> Option<T::T>,
) -> Result<(), ParquetError> {
    let values: Vec<Option<T::T>> = cells.map(value).collect();
    let known: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    let values: Vec<T::T> = values.into_iter().flatten().collect();
    column.typed::<T>().write_batch(&values, Some(&known), None)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use claudometer_wire::cost::{CostReport, CostRow, CostSums};
    use parquet::{file::reader::FileReader as _, file::serialized_reader::SerializedFileReader};

    fn file(sheet: &Sheet) -> Result<Vec<u8>, ParquetError> {
        let mut bytes = Vec::new();
        write(sheet, &mut bytes)?;
        Ok(bytes)
    }

    #[test]
    fn a_file_is_read_again_with_its_types_and_what_is_not_known_is_null() {
        let sums = |cost_usd| CostSums { total_tokens: 42, cost_usd, ..CostSums::default() };
        let row = |key: &str, cost_usd, last| CostRow {
            key: key.into(),
            sums: sums(cost_usd),
            last,
            ..CostRow::default()
        };
        let at = chrono::DateTime::from_timestamp_millis(1_785_765_122_118);
        let rows = vec![row("2026-08-03", Some(1.5), at), row("2026-08-04", None, None)];
        let report = CostReport { by: "day".into(), rows, ..CostReport::default() };
        let bytes = file(&Sheet::rows(&report)).unwrap();
        let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
        let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
        let text: Vec<_> = rows.iter().map(ToString::to_string).collect();
        assert_eq!(text.len(), 2);
        assert!(
            text[0].contains("day: \"2026-08-03\"") && text[0].contains("totalTokens: 42"),
            "{text:?}"
        );
        assert!(
            text[0].contains("costUsd: 1.5") && text[0].contains("last: 2026-08-03 13:52:02"),
            "{text:?}"
        );
        assert!(text[1].contains("costUsd: null") && text[1].contains("last: null"), "{text:?}");
        let empty =
            file(&Sheet::rows(&CostReport { by: "day".into(), ..CostReport::default() })).unwrap();
        assert_eq!(
            SerializedFileReader::new(bytes::Bytes::from(empty))
                .unwrap()
                .metadata()
                .file_metadata()
                .num_rows(),
            0
        );
    }
}
