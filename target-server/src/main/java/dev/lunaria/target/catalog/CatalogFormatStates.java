package dev.lunaria.target.catalog;

import dev.lunaria.target.device.FormatState;
import dev.lunaria.target.device.FormatStates;
import dev.lunaria.target.store.StoreException;
import dev.lunaria.target.store.StoreException.Reason;
import java.io.IOException;

/** One LUN's format state, kept in the catalog. Any thread; {@link #change} may block. */
public final class CatalogFormatStates implements FormatStates {

    private final CatalogLun lun;

    public CatalogFormatStates(CatalogLun lun) {
        this.lun = lun;
    }

    @Override
    public FormatState current() {
        return lun.format();
    }

    @Override
    public boolean change(FormatState expected, FormatState next) throws StoreException {
        try {
            return lun.changeFormat(expected, next);
        } catch (RefusedException e) {
            throw new StoreException(Reason.CLOSED, String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw new StoreException(
                    StoreException.whyNotWritten(e),
                    "the format state could not be kept: " + e.getMessage(),
                    e);
        }
    }

    @Override
    public boolean isOwnerFenced(FormatState state) {
        Grant pair = lun.grants().get(state.ownerNode());
        // REVOKING: fenced, but not yet drained.
        return pair != null
                && pair.epoch() != state.ownerEpoch()
                && pair.state() != Grant.State.REVOKING;
    }
}
