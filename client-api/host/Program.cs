#if ORLEANS
using Payments.ClientApi.Host;
using Payments.Hosting;

return await PaymentsHost.RunAsync(args, "front-end-0", "in the cluster", (builder, host, _) => ClusterClient.Add(builder, host), ClusterDashboard.Map);
#else
Console.Error.WriteLine(
    "A front end of its own calls grains in other processes, which takes the Orleans engine: GRAIN_ENGINE=orleans. On the embedded engine the nodes serve the API themselves.");
return 2;
#endif
