package dev.lunaria.controller.kube;

import dev.lunaria.registry.Kind;
import dev.lunaria.registry.LunariaNode;
import dev.lunaria.registry.LunariaVolume;
import dev.lunaria.registry.StorageTarget;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;
import java.util.Arrays;
import java.util.List;

/**
 * The kinds as the generator of CustomResourceDefinitions wants them: what they are called, which
 * columns {@code kubectl get} prints, and what holds across fields. No state.
 */
final class CustomResourceClasses {

    private static final String NAME_STAYS =
            "!has(oldSelf.spec.name) && !has(self.spec.name) || has(oldSelf.spec.name) && has(self.spec.name) && oldSelf.spec.name == self.spec.name";
    private static final String NAME_STAYS_MESSAGE = "spec.name can't be changed";

    /** All of them. */
    static final List<Class<? extends HasMetadata>> ALL =
            List.of(
                    StorageTargetResource.class,
                    LunariaNodeResource.class,
                    LunariaVolumeResource.class);

    private CustomResourceClasses() {}

    /** The columns of {@code kubectl get}, in the order in which it is to print them. */
    static List<String> columns(String kind) {
        return ALL.stream()
                .filter(type -> HasMetadata.getKind(type).equals(kind))
                .flatMap(type ->
                        Arrays.stream(type.getAnnotationsByType(AdditionalPrinterColumn.class)))
                .map(AdditionalPrinterColumn::name)
                .toList();
    }

    @Group(Kind.GROUP)
    @Version(Kind.VERSION)
    @io.fabric8.kubernetes.model.annotation.Kind("StorageTarget")
    @Plural("storagetargets")
    @ShortNames("lst")
    @Categories("lunaria")
    @ValidationRule(value = NAME_STAYS, message = NAME_STAYS_MESSAGE)
    @AdditionalPrinterColumn(
            name = "Ready",
            jsonPath = ".status.conditions[?(@.type==\"Ready\")].status")
    @AdditionalPrinterColumn(name = "Free", jsonPath = ".status.free")
    @AdditionalPrinterColumn(name = "Available", jsonPath = ".status.available")
    @AdditionalPrinterColumn(name = "Total", jsonPath = ".status.total")
    @AdditionalPrinterColumn(
            name = "Cordoned",
            jsonPath = ".spec.cordoned",
            type = AdditionalPrinterColumn.Type.BOOLEAN)
    @AdditionalPrinterColumn(
            name = "Retired",
            jsonPath = ".spec.retired",
            type = AdditionalPrinterColumn.Type.BOOLEAN)
    @AdditionalPrinterColumn(name = "Pool", jsonPath = ".spec.pool", priority = 1)
    @AdditionalPrinterColumn(name = "Endpoint", jsonPath = ".spec.endpoint", priority = 1)
    @AdditionalPrinterColumn(
            name = "Age",
            jsonPath = ".metadata.creationTimestamp",
            type = AdditionalPrinterColumn.Type.DATE)
    static final class StorageTargetResource
            extends CustomResource<StorageTarget, StorageTargetStatus> {
        private static final long serialVersionUID = 1;
    }

    @Group(Kind.GROUP)
    @Version(Kind.VERSION)
    @io.fabric8.kubernetes.model.annotation.Kind("LunariaNode")
    @Plural("lunarianodes")
    @ShortNames("lnode")
    @Categories("lunaria")
    @ValidationRule(value = NAME_STAYS, message = NAME_STAYS_MESSAGE)
    @AdditionalPrinterColumn(
            name = "Ready",
            jsonPath = ".status.conditions[?(@.type==\"Ready\")].status")
    @AdditionalPrinterColumn(
            name = "OutOfService",
            jsonPath = ".status.conditions[?(@.type==\"OutOfService\")].status")
    @AdditionalPrinterColumn(
            name = "Volumes",
            jsonPath = ".status.volumes",
            type = AdditionalPrinterColumn.Type.INTEGER)
    @AdditionalPrinterColumn(
            name = "Sessions",
            jsonPath = ".status.sessions",
            type = AdditionalPrinterColumn.Type.INTEGER)
    @AdditionalPrinterColumn(name = "Backend", jsonPath = ".status.backend")
    @AdditionalPrinterColumn(
            name = "Member",
            jsonPath = ".spec.member.number",
            type = AdditionalPrinterColumn.Type.INTEGER,
            priority = 1)
    @AdditionalPrinterColumn(name = "Initiator", jsonPath = ".spec.initiatorName", priority = 1)
    @AdditionalPrinterColumn(
            name = "Age",
            jsonPath = ".metadata.creationTimestamp",
            type = AdditionalPrinterColumn.Type.DATE)
    static final class LunariaNodeResource extends CustomResource<LunariaNode, LunariaNodeStatus> {
        private static final long serialVersionUID = 1;
    }

    @Group(Kind.GROUP)
    @Version(Kind.VERSION)
    @io.fabric8.kubernetes.model.annotation.Kind("LunariaVolume")
    @Plural("lunariavolumes")
    @ShortNames("lvol")
    @Categories("lunaria")
    @ValidationRule(value = NAME_STAYS, message = NAME_STAYS_MESSAGE)
    @ValidationRule(
            value = "self.spec.sizeBytes % 4096 == 0",
            message = "spec.sizeBytes must be a positive multiple of 4096")
    @AdditionalPrinterColumn(name = "Phase", jsonPath = ".status.phase")
    @AdditionalPrinterColumn(name = "Size", jsonPath = ".status.size")
    @AdditionalPrinterColumn(name = "Nodes", jsonPath = ".status.nodes")
    @AdditionalPrinterColumn(name = "VolumeId", jsonPath = ".status.volumeId", priority = 1)
    @AdditionalPrinterColumn(
            name = "Age",
            jsonPath = ".metadata.creationTimestamp",
            type = AdditionalPrinterColumn.Type.DATE)
    static final class LunariaVolumeResource
            extends CustomResource<LunariaVolume, LunariaVolumeStatus> {
        private static final long serialVersionUID = 1;
    }
}
