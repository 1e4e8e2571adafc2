package dev.lunaria.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * A table for people: a head in capitals, columns two spaces apart, one line each. Immutable.
 *
 * @param columns from left to right
 */
record Table<T>(List<Column<T>> columns) {
    private static final String GAP = "  ";

    /**
     * A column.
     *
     * @param head what stands above it
     * @param isWide whether it is left out unless all columns are asked for
     * @param isNumber whether it is set flush right
     * @param cell what stands in it for an item
     */
    record Column<T>(String head, boolean isWide, boolean isNumber, Function<T, String> cell) {
        static <T> Column<T> text(String head, Function<T, String> cell) {
            return new Column<>(head, false, false, cell);
        }

        static <T> Column<T> number(String head, Function<T, String> cell) {
            return new Column<>(head, false, true, cell);
        }

        static <T> Column<T> wide(String head, Function<T, String> cell) {
            return new Column<>(head, true, false, cell);
        }
    }

    /** All of it, the head included, each line ended. */
    String print(List<T> items, boolean wide) {
        List<Column<T>> shown = columns.stream().filter(c -> wide || !c.isWide()).toList();
        List<List<String>> lines = new ArrayList<>();
        lines.add(shown.stream().map(Column::head).toList());
        for (T item : items) {
            lines.add(shown.stream().map(column -> filled(column.cell().apply(item))).toList());
        }
        int[] widths = new int[shown.size()];
        for (List<String> line : lines) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], width(line.get(i)));
            }
        }
        var text = new StringBuilder();
        for (List<String> line : lines) {
            var row = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                String space = " ".repeat(widths[i] - width(line.get(i)));
                boolean right = shown.get(i).isNumber();
                row.append(i == 0 ? "" : GAP)
                        .append(right ? space : "")
                        .append(line.get(i))
                        .append(right ? "" : space);
            }
            text.append(row.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }

    /** Something stands in every cell, so that columns can be cut out by a script. */
    private static String filled(String cell) {
        return cell.isEmpty() ? "-" : cell.replace('\n', ' ');
    }

    private static int width(String cell) {
        return cell.codePointCount(0, cell.length());
    }
}
