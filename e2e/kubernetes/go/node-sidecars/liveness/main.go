// Answers kubelet's HTTP liveness probes by a CSI Probe: the part of livenessprobe, with the flags of that program that a
// chart uses. It stands in for it in the test cluster, as the Go module proxy doesn't carry it.
package main

import (
	"context"
	"flag"
	"net/http"
	"os"
	"time"

	"github.com/kubernetes-csi/csi-lib-utils/connection"
	"github.com/kubernetes-csi/csi-lib-utils/metrics"
	"github.com/kubernetes-csi/csi-lib-utils/rpc"
	"google.golang.org/grpc"
	"k8s.io/klog/v2"
)

var (
	csiAddress = flag.String("csi-address", "/run/csi/socket", "The plugin's CSI socket.")
	timeout    = flag.Duration("probe-timeout", time.Second, "How long the plugin's Probe may take.")
	port       = flag.String("health-port", "9808", "The TCP port for /healthz, where --http-endpoint is empty.")
	httpServer = flag.String("http-endpoint", "", "The TCP address for /healthz.")
)

func main() {
	klog.InitFlags(nil)
	flag.Parse()
	if *httpServer == "" {
		*httpServer = "0.0.0.0:" + *port
	}
	conn, err := connection.Connect(context.Background(), *csiAddress, metrics.NewCSIMetricsManager(""))
	if err != nil {
		klog.ErrorS(err, "Could not connect to the plugin", "address", *csiAddress)
		os.Exit(1)
	}
	http.HandleFunc("/healthz", func(w http.ResponseWriter, request *http.Request) {
		if err := probe(request.Context(), conn); err != nil {
			klog.ErrorS(err, "The plugin is not well")
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	klog.ErrorS(http.ListenAndServe(*httpServer, nil), "Serving /healthz has ended")
	os.Exit(1)
}

// probe fails where the plugin does not answer in time or answers with an error. One that is not ready yet is alive.
func probe(ctx context.Context, conn *grpc.ClientConn) error {
	ctx, cancel := context.WithTimeout(ctx, *timeout)
	defer cancel()
	_, err := rpc.Probe(ctx, conn)
	return err
}
