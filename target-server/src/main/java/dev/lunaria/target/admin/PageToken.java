package dev.lunaria.target.admin;

import dev.lunaria.target.catalog.RefusedException;
import dev.lunaria.target.catalog.RefusedException.Reason;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a listing goes on: behind this LUN or snapshot. Immutable.
 *
 * @param pool UUID, or empty at the beginning
 * @param id UUID, or empty at the beginning
 */
record PageToken(String pool, String id) {

    private static final PageToken BEGINNING = new PageToken("", "");
    private static final Pattern FORM = Pattern.compile("([0-9a-f-]{36})/([0-9a-f-]{36})");

    /** INVALID where the text is no token. */
    static PageToken parse(String text) throws RefusedException {
        if (text.isEmpty()) {
            return BEGINNING;
        }
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new RefusedException(
                    Reason.INVALID,
                    "page_token is not one that this call gave: begin again without");
        }
        return new PageToken(matcher.group(1), matcher.group(2));
    }

    @Override
    public String toString() {
        return pool + "/" + id;
    }
}
