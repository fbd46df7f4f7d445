extension SampleJobs {
    /// The samples, which are `docs/examples/jobs.ndjson` byte for byte: the program shows them wherever it runs.
    static let text = """
        {"order_id":"test-1560610955","agent_name":"Sales - Andrew Swift","intent":"payment","currency":"USD",\
        "amount":10000,"balance":250000,"cid":"1","locale":"en-GB","customer_data":{"country":"GB",\
        "first_name":"Jane","last_name":"Roe","dob":"02/29/1980","email":"jane.roe@example.com",\
        "phone":"442071234567","zip":"SW1A 1AA","city":"London","address":"1 High Street","profile":1},\
        "notification_url":"https://crm.example.com/cashier/notify",\
        "return_url":"https://crm.example.com/done?status={{transaction.status}}","variable1":"desk 4"}
        {"order_id":"test-1560610956","agent_name":"Sales - Andrew Swift","intent":"withdrawal","currency":"USD",\
        "amount":5000,"balance":250000,"cid":"2","locale":"en-GB","customer_data":{"country":"GB",\
        "first_name":"Jane","last_name":"Roe","dob":"02/29/1980","email":"jane.roe@example.com",\
        "phone":"442071234567","zip":"SW1A 1AA","city":"London","address":"1 High Street","profile":1},\
        "notification_url":"https://crm.example.com/cashier/notify",\
        "return_url":"https://crm.example.com/done?status={{transaction.status}}","variable1":"desk 7"}
        {"order_id":"test-1560610957","agent_name":"Sales - Andrew Swift","intent":"authorization",\
        "currency":"EUR","cid":"3","locale":"de-DE","notification_url":"https://crm.example.com/cashier/notify",\
        "return_url":"https://crm.example.com/done?status={{transaction.status}}",\
        "customer_token":"87cfb23a8f1e68e162c276b754d9c061"}
        {"variable1":"desk 4","return_url":"https:\\/\\/crm.example.com\\/done?status={{transaction.status}}",\
        "notification_url":"https:\\/\\/crm.example.com\\/cashier\\/notify","customer_data":{"profile":1,\
        "address":"1 High Street","city":"London","zip":"SW1A 1AA","phone":"442071234567",\
        "email":"jane.roe@example.com","dob":"02\\/29\\/1980","last_name":"Roe","first_name":"\\u004aane",\
        "country":"GB"},"locale":"en-GB","cid":"1","balance":250000,"amount":10000,"currency":"USD",\
        "intent":"payment","agent_name":"Sales - Andrew Swift","order_id":"test-1560610955"}
        {"order_id":"test-1560610955","agent_name":"Sales - Andrew Swift","intent":"payment","currency":"USD",\
        "amount":20000,"balance":250000,"cid":"1","locale":"en-GB","customer_data":{"country":"GB",\
        "first_name":"Jane","last_name":"Roe","dob":"02/29/1980","email":"jane.roe@example.com",\
        "phone":"442071234567","zip":"SW1A 1AA","city":"London","address":"1 High Street","profile":1},\
        "notification_url":"https://crm.example.com/cashier/notify",\
        "return_url":"https://crm.example.com/done?status={{transaction.status}}","variable1":"desk 4"}
        {"order_id":"test-1560610958","agent_name":"Sales - Andrew Swift","intent":"payment","currency":"USD",\
        "amount":10000,"balance":250000,"cid":"4","locale":"en-GB","customer_data":{"country":"GB",\
        "first_name":"Jane","last_name":"Roe","dob":"02/29/1980","email":"jane.roe@example.com",\
        "phone":"442071234567","zip":"SW1A 1AA","city":"London","address":"1 High Street","profile":1},\
        "notification_url":"https://crm.example.com/cashier/notify",\
        "return_url":"https://crm.example.com/done?status={{transaction.status}}","variable1":"desk 4",\
        "variable3":"simulate:decline"}
        {"order_id":"test-1560610959","agent_name":"Sales - Andrew Swift","intent":"payment","currency":"USD",\
        "amount":10000,"balance":250000,"cid":"5","locale":"en-GB","customer_data":{"country":"GB",\
        "first_name":"Jane","last_name":"Roe","dob":"02/29/1980","email":"jane.roe@example.com",\
        "phone":"442071234567","zip":"SW1A 1AA","city":"London","address":"1 High Street","profile":1},\
        "notification_url":"https://crm.example.com/cashier/notify",\
        "return_url":"https://crm.example.com/done?status={{transaction.status}}","variable1":"desk 4",\
        "variable3":"simulate:unavailable-once"}
        {"order_id":"test-1560610960","agent_name":"Sales - Andrew Swift","amount":10000,}

        """
}
