package dev.lunaria.target.device;

import dev.lunaria.iscsi.scsi.Cdb;

/**
 * What a command needs of a reserved logical unit: the tables of SPC-4 §5.13.1 and SBC-3 §4.17 as
 * one switch. Stateless.
 */
enum Reserved {
    /** Allowed whatever is reserved; or it decides itself. */
    NOTHING,
    /** A conflict where reading is reserved. */
    READING,
    /** A conflict where writing is reserved. */
    WRITING;

    /** Of a persistent reservation. */
    static Reserved by(Cdb cdb) {
        return switch (cdb) {
            case Cdb.TestUnitReady _,
                    Cdb.RequestSense _,
                    Cdb.Inquiry _,
                    Cdb.ReportLuns _,
                    Cdb.ReadCapacity10 _,
                    Cdb.ReadCapacity16 _,
                    Cdb.ReadDefectData _,
                    Cdb.PersistentReserveIn _,
                    Cdb.PersistentReserveOut _,
                    Cdb.Reserve _,
                    Cdb.Release _ ->
                    NOTHING;
            case Cdb.Read _,
                    Cdb.Verify _,
                    Cdb.PreFetch _,
                    Cdb.GetLbaStatus _,
                    Cdb.ModeSense _,
                    Cdb.ReportSupportedOperationCodes _,
                    Cdb.ReportSupportedTaskManagementFunctions _ ->
                    READING;
            case Cdb.Write _,
                    Cdb.WriteAndVerify _,
                    Cdb.WriteSame _,
                    Cdb.Unmap _,
                    Cdb.CompareAndWrite _,
                    Cdb.OrWrite _,
                    Cdb.SynchronizeCache _,
                    Cdb.ModeSelect _,
                    Cdb.FormatStateOut _ ->
                    WRITING;
            case Cdb.PreventAllowMediumRemoval c -> c.prevent() == 0 ? NOTHING : WRITING;
            case Cdb.StartStopUnit c -> c.start() && c.powerCondition() == 0 ? NOTHING : WRITING;
        };
    }

    /** Whether a command conflicts with somebody else's RESERVE(6) (SPC-2 §5.5.1). */
    static boolean bySomebodyElse(Cdb cdb) {
        return switch (cdb) {
            case Cdb.Inquiry _, Cdb.RequestSense _, Cdb.ReportLuns _, Cdb.Release _ -> false;
            case Cdb.PreventAllowMediumRemoval c -> c.prevent() != 0;
            case Cdb _ -> true;
        };
    }
}
