export async function benchTextbook(): Promise<void> {}
