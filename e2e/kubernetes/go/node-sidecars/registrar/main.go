// Registers a CSI node plugin with kubelet: the part of node-driver-registrar, with the flags of that program that a
// chart uses. It stands in for it in the test cluster, as the Go module proxy doesn't carry it.
package main

import (
	"context"
	"errors"
	"flag"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/kubernetes-csi/csi-lib-utils/connection"
	"github.com/kubernetes-csi/csi-lib-utils/metrics"
	"github.com/kubernetes-csi/csi-lib-utils/rpc"
	"google.golang.org/grpc"
	"k8s.io/klog/v2"
	registration "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
)

var (
	csiAddress = flag.String("csi-address", "/run/csi/socket", "The plugin's CSI socket, as this program sees it.")
	endpoint   = flag.String("kubelet-registration-path", "", "The plugin's CSI socket, as kubelet sees it.")
	folder     = flag.String("plugin-registration-path", "/registration", "The folder that kubelet watches for plugins.")
	timeout    = flag.Duration("timeout", time.Second, "How long a call to the plugin may take.")
	httpServer = flag.String("http-endpoint", "", "Where /healthz is served; nowhere if empty.")
)

// The versions of CSI that kubelet may speak to the plugin.
var csiVersions = []string{"1.0.0"}

// plugin answers kubelet, which asks as soon as it sees the socket.
type plugin struct {
	registration.UnsafeRegistrationServer
	name string
}

func (p plugin) GetInfo(context.Context, *registration.InfoRequest) (*registration.PluginInfo, error) {
	return &registration.PluginInfo{
		Type:              registration.CSIPlugin,
		Name:              p.name,
		Endpoint:          *endpoint,
		SupportedVersions: csiVersions,
	}, nil
}

// NotifyRegistrationStatus ends the program where kubelet refused: started again, it asks again.
func (p plugin) NotifyRegistrationStatus(
	_ context.Context, status *registration.RegistrationStatus,
) (*registration.RegistrationStatusResponse, error) {
	if !status.PluginRegistered {
		klog.ErrorS(errors.New(status.Error), "Kubelet refused the plugin; ending, to be started again", "driver", p.name)
		os.Exit(1)
	}
	klog.InfoS("Kubelet has registered the plugin", "driver", p.name)
	return &registration.RegistrationStatusResponse{}, nil
}

func main() {
	klog.InitFlags(nil)
	flag.Parse()
	if *endpoint == "" {
		klog.ErrorS(nil, "--kubelet-registration-path is missing")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx); err != nil {
		klog.ErrorS(err, "Ending")
		os.Exit(1)
	}
}

// run serves kubelet until ctx ends; it ends the program when the plugin goes, whose successor may have another name.
func run(ctx context.Context) error {
	name, err := driverName(ctx)
	if err != nil {
		return err
	}
	socket := filepath.Join(*folder, name+"-reg.sock")
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	registration.RegisterRegistrationServer(server, plugin{name: name})
	serveHealth(socket)
	go func() {
		<-ctx.Done()
		server.GracefulStop()
	}()
	klog.InfoS("Waiting for kubelet", "driver", name, "socket", socket)
	return server.Serve(listener)
}

func driverName(ctx context.Context) (string, error) {
	conn, err := connection.Connect(ctx, *csiAddress, metrics.NewCSIMetricsManager(""),
		connection.OnConnectionLoss(connection.ExitOnConnectionLoss()))
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, *timeout)
	defer cancel()
	return rpc.GetDriverName(ctx, conn)
}

func serveHealth(socket string) {
	if *httpServer == "" {
		return
	}
	http.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		if _, err := os.Stat(socket); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	})
	go func() {
		klog.ErrorS(http.ListenAndServe(*httpServer, nil), "Serving /healthz has ended")
		os.Exit(1)
	}()
}
