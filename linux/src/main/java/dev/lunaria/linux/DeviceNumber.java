package dev.lunaria.linux;

/**
 * A device's number as the kernel prints it: {@code major:minor}. Immutable.
 *
 * @param major the driver's number
 * @param minor the device's number with that driver
 */
public record DeviceNumber(int major, int minor) {

    /**
     * Reads {@code 7:0}.
     *
     * @throws IllegalArgumentException when it isn't two numbers with a colon between
     */
    public static DeviceNumber parse(String text) {
        int colon = text.indexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException("not a device number: " + text);
        }
        return new DeviceNumber(
                Integer.parseInt(text, 0, colon, 10),
                Integer.parseInt(text, colon + 1, text.length(), 10));
    }

    @Override
    public String toString() {
        return major + ":" + minor;
    }
}
