package dev.lunaria.iscsi.text;

import com.google.errorprone.annotations.Immutable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How a key's outcome comes from what both sides say (RFC 7143 §6.2). Immutable. */
@Immutable
sealed interface Rule {

    /** Whether an offer of this value may be made at all. */
    boolean admits(String value);

    /**
     * The outcome.
     *
     * @param offered what one side proposed; admitted
     * @param other what the other side wants, or answered
     * @return null where they have nothing in common
     */
    @Nullable String result(String offered, String other);

    /** Yes only where both say so. */
    record And() implements Rule {
        @Override
        public boolean admits(String value) {
            return isBoolean(value);
        }

        @Override
        public String result(String offered, String other) {
            return yesNo(isYes(offered) && isYes(other));
        }
    }

    /** Yes where one says so. */
    record Or() implements Rule {
        @Override
        public boolean admits(String value) {
            return isBoolean(value);
        }

        @Override
        public String result(String offered, String other) {
            return yesNo(isYes(offered) || isYes(other));
        }
    }

    /** The smaller number. */
    record Minimum(int least, int most) implements Rule {
        @Override
        public boolean admits(String value) {
            return inRange(value, least, most);
        }

        @Override
        public String result(String offered, String other) {
            return String.valueOf(Math.min(number(offered), number(other)));
        }
    }

    /** The larger number. */
    record Maximum(int least, int most) implements Rule {
        @Override
        public boolean admits(String value) {
            return inRange(value, least, most);
        }

        @Override
        public String result(String offered, String other) {
            return String.valueOf(Math.max(number(offered), number(other)));
        }
    }

    /**
     * The first of the offered list that the other side has, too.
     *
     * @param known all values of the RFC, as a list
     */
    record Choice(String known) implements Rule {
        @Override
        public boolean admits(String value) {
            return !value.isEmpty();
        }

        @Override
        public @Nullable String result(String offered, String other) {
            List<String> others = list(other);
            for (String value : list(offered)) {
                if (list(known).contains(value) && others.contains(value)) {
                    return value;
                }
            }
            return null;
        }
    }

    /** A number that each side says of itself; it gets no answer. */
    record Declared(int least, int most) implements Rule {
        @Override
        public boolean admits(String value) {
            return inRange(value, least, most);
        }

        @Override
        public String result(String offered, String other) {
            return offered;
        }
    }

    /** A name or an address that one side says; it gets no answer. */
    record Name() implements Rule {
        @Override
        public boolean admits(String value) {
            return value.length() <= 255;
        }

        @Override
        public String result(String offered, String other) {
            return offered;
        }
    }

    /** Part of the authentication's own dialogue. */
    record Security() implements Rule {
        @Override
        public boolean admits(String value) {
            return true;
        }

        @Override
        public @Nullable String result(String offered, String other) {
            return null;
        }
    }

    /** Known, and never agreed to. */
    record Refused() implements Rule {
        @Override
        public boolean admits(String value) {
            return false;
        }

        @Override
        public @Nullable String result(String offered, String other) {
            return null;
        }
    }

    private static boolean isBoolean(String value) {
        return value.equals("Yes") || value.equals("No");
    }

    private static boolean isYes(String value) {
        return value.equals("Yes");
    }

    private static String yesNo(boolean yes) {
        return yes ? "Yes" : "No";
    }

    private static boolean inRange(String value, int least, int most) {
        int number = number(value);
        return number >= least && number <= most;
    }

    /** Splits a list of values at its commas. */
    static List<String> list(String value) {
        return new ArrayList<>(Arrays.asList(value.split(",", 64)));
    }

    /**
     * A numerical value, decimal or hexadecimal (RFC 7143 §6.1).
     *
     * @return -1 for what is none, or none of 31 bits
     */
    static int number(String value) {
        boolean hexadecimal = value.startsWith("0x") || value.startsWith("0X");
        String digits = hexadecimal ? value.substring(2) : value;
        if (digits.isEmpty() || digits.length() > 10) {
            return -1;
        }
        long number = 0;
        for (int i = 0; i < digits.length(); i++) {
            char c = digits.charAt(i);
            int digit = c < 128 ? Character.digit(c, hexadecimal ? 16 : 10) : -1;
            if (digit < 0) {
                return -1;
            }
            number = number * (hexadecimal ? 16 : 10) + digit;
        }
        return number <= Integer.MAX_VALUE ? (int) number : -1;
    }
}
