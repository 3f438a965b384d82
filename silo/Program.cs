using Payments.Silo;

return await Node.RunAsync(args);
