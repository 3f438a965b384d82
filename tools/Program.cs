using Payments.Tools;

return await Cli.RunAsync(args);
