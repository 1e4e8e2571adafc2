package dev.lunaria.target.catalog;

import dev.lunaria.target.device.FormatState;
import java.io.IOException;
import java.nio.file.Path;

/** How the bytes of a new LUN begin. */
public interface Beginning {

    /** All zeros, never written. */
    Beginning BLANK = _ -> new Begun(FormatState.BLANK, Content.READY);

    /**
     * Fills the new LUN's file, or begins to. Called once, before anybody can see the LUN; it may
     * not be made after all.
     *
     * @param data the file, relative to the pool's folder: as long as the LUN, all a hole
     */
    Begun begin(Path data) throws RefusedException, IOException;

    /**
     * What the LUN is then.
     *
     * @param format the state that it begins with
     * @param content how much of its bytes is there
     */
    record Begun(FormatState format, Content content) {}
}
