package dev.lunaria.e2e;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The arrows of docs/ARCHITECTURE.md: who may know whom. */
@AnalyzeClasses(packages = "dev.lunaria", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule proto_iscsi_and_linux_know_nobody =
            classes()
                    .that(
                            resideInAnyPackage(
                                    "dev.lunaria.proto..",
                                    "dev.lunaria.iscsi..",
                                    "dev.lunaria.linux.."))
                    .should()
                    .onlyDependOnClassesThat(
                            resideOutsideOfPackages("dev.lunaria..")
                                    .or(
                                            resideInAnyPackage(
                                                    "dev.lunaria.proto..",
                                                    "dev.lunaria.iscsi..",
                                                    "dev.lunaria.linux..")))
                    .because("they stand at the bottom");

    @ArchTest
    static final ArchRule iscsi_knows_only_itself =
            noClasses()
                    .that(resideInAnyPackage("dev.lunaria.iscsi.."))
                    .should()
                    .dependOnClassesThat(
                            resideInAnyPackage("dev.lunaria.proto..", "dev.lunaria.linux.."));

    @ArchTest
    static final ArchRule linux_knows_only_itself =
            noClasses()
                    .that(resideInAnyPackage("dev.lunaria.linux.."))
                    .should()
                    .dependOnClassesThat(
                            resideInAnyPackage("dev.lunaria.proto..", "dev.lunaria.iscsi.."));

    @ArchTest
    static final ArchRule service_and_registry_know_no_program =
            noClasses()
                    .that(resideInAnyPackage("dev.lunaria.service..", "dev.lunaria.registry.."))
                    .should()
                    .dependOnClassesThat(
                            resideInAnyPackage(
                                    "dev.lunaria.target..",
                                    "dev.lunaria.controller..",
                                    "dev.lunaria.node..",
                                    "dev.lunaria.e2e.."));

    @ArchTest
    static final ArchRule the_target_server_knows_no_other_program =
            noClasses()
                    .that(resideInAnyPackage("dev.lunaria.target.."))
                    .should()
                    .dependOnClassesThat(
                            resideInAnyPackage("dev.lunaria.controller..", "dev.lunaria.node.."));

    @ArchTest
    static final ArchRule the_controller_knows_no_other_program =
            noClasses()
                    .that(resideInAnyPackage("dev.lunaria.controller.."))
                    .should()
                    .dependOnClassesThat(
                            resideInAnyPackage("dev.lunaria.target..", "dev.lunaria.node.."));

    @ArchTest
    static final ArchRule the_node_plugin_knows_no_other_program =
            noClasses()
                    .that(resideInAnyPackage("dev.lunaria.node.."))
                    .should()
                    .dependOnClassesThat(
                            resideInAnyPackage("dev.lunaria.target..", "dev.lunaria.controller.."));

    @ArchTest
    static final ArchRule the_administration_program_knows_no_other_program =
            noClasses()
                    .that(resideInAnyPackage("dev.lunaria.cli.."))
                    .should()
                    .dependOnClassesThat(
                            resideInAnyPackage(
                                    "dev.lunaria.target..",
                                    "dev.lunaria.controller..",
                                    "dev.lunaria.node.."));

    @ArchTest
    static final ArchRule the_kubernetes_client_is_in_controller_kube_and_its_scenario_alone =
            noClasses()
                    .that(
                            resideOutsideOfPackages(
                                    "dev.lunaria.controller.kube..",
                                    "dev.lunaria.e2e.kubernetes.."))
                    .should()
                    .dependOnClassesThat(resideInAnyPackage("io.fabric8.."))
                    .because("nodes need no Kubernetes API, and the domain none either");

    @ArchTest
    static final ArchRule system_calls_are_in_linux_alone =
            noClasses()
                    .that(resideOutsideOfPackages("dev.lunaria.linux.."))
                    .should()
                    .dependOnClassesThat(resideInAnyPackage("java.lang.foreign.."));

    @ArchTest
    static final ArchRule iscsi_and_device_do_no_io =
            noClasses()
                    .that(resideInAnyPackage("dev.lunaria.iscsi..", "dev.lunaria.target.device.."))
                    .should()
                    .dependOnClassesThat(
                            resideInAnyPackage(
                                            "io.netty..",
                                            "io.grpc..",
                                            "java.io..",
                                            "java.net..",
                                            "java.nio.file..",
                                            "java.nio.channels..")
                                    // What a store or a catalog outside may fail with.
                                    .and(not(assignableTo(IOException.class))))
                    .because("a simulator runs them from a seed");

    @ArchTest
    static final ArchRule iscsi_has_no_threads_and_no_clock =
            noClasses()
                    .that(resideInAnyPackage("dev.lunaria.iscsi.."))
                    .should()
                    .dependOnClassesThat()
                    .areAssignableTo(Thread.class)
                    .orShould()
                    .dependOnClassesThat()
                    .areAssignableTo(ExecutorService.class)
                    .orShould()
                    .dependOnClassesThat()
                    .areAssignableTo(Executors.class)
                    .orShould()
                    .callMethod(System.class, "nanoTime")
                    .orShould()
                    .callMethod(System.class, "currentTimeMillis")
                    .orShould()
                    .callMethod(Instant.class, "now")
                    .orShould()
                    .callMethod(Clock.class, "systemUTC")
                    .because("an Executor and an InstantSource are handed in");

    @ArchTest
    static final ArchRule names_say_what_a_class_is =
            noClasses()
                    .that(resideOutsideOfPackages("dev.lunaria.proto.."))
                    .should()
                    .haveNameMatching(".*(Manager|Helper|Utils?|Impl)$");
}
