-- A reading as the watches send it, in two pieces around the nine digits of the serial.
local body = {}

body.before = '{"deviceSn":"'

-- What follows the serial; its length is always the same. `moment`: epoch seconds, written as Shanghai time.
function body.after(moment, heart_rate)
  return '","customerId":"1900000000000000001","orgId":"1900000000000000011","userId":"1900000000000000021"'
    .. ',"heart_rate":' .. string.format("%02d", heart_rate)
    .. ',"blood_oxygen":96,"body_temperature":"36.9","step":600,"distance":"0.7","calorie":"25.0"'
    .. ',"latitude":"31.230416","longitude":"121.473701","altitude":"4.0","stress":52,"upload_method":"wifi"'
    .. ',"blood_pressure_systolic":128,"blood_pressure_diastolic":85,"sleepData":"null","exerciseDailyData":"null"'
    .. ',"exerciseWeekData":"null","scientificSleepData":"null","workoutData":"null","timestamp":"'
    .. os.date("!%Y-%m-%d %H:%M:%S", moment + 8 * 3600) .. '"}'
end

function body.head(method, path, length)
  return method .. " " .. path .. " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: "
    .. length .. "\r\n\r\n"
end

return body
